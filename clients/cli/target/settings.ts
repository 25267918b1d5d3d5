import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { readPlainSettings } from './plain-settings.ts';
import { parseYaml } from './yaml.ts';

/** One Kite that somebody works with. */
export interface Context {
  readonly url: string;
  readonly namespace?: string;
  readonly token?: string;
  /** Read anew for every call. */
  readonly tokenFile?: string;
  /** Whether the token is that of the kubeconfig's user. */
  readonly kube?: boolean;
  /** Another context of the kubeconfig than its current one. */
  readonly kubeContext?: string;
}

/** `config.yaml`: whose it is, nobody else may read it. */
export interface Settings {
  readonly current: string | null;
  readonly contexts: Readonly<Record<string, Context>>;
}

const none: Settings = { current: null, contexts: {} };

/** `$XDG_CONFIG_HOME/kite/config.yaml`, else under `~/.config`. */
export function settingsPath({ env, home }: Io): string {
  const base = env.XDG_CONFIG_HOME;
  return join(base?.startsWith('/') ? base : join(home, '.config'), 'kite', 'config.yaml');
}

export async function readSettings(io: Io): Promise<Settings> {
  const path = settingsPath(io);
  const text = readIfThere(path);
  if (text === null || text.trim() === '') return none;
  try {
    const plain = readPlainSettings(text);
    return settingsOf(plain === undefined ? await parseYaml(text) : plain);
  } catch (error) {
    throw new Failure(`${path} cannot be read: ${firstLine(error)}; mend it, or remove it and log in again`);
  }
}

/** What is wrong with a file, without what stands in it: that may be a token. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/:$/, '') ?? '';
}

function settingsOf(value: unknown): Settings {
  if (!isRecord(value)) throw new Error('it is no map of settings');
  const contexts = value.contexts ?? {};
  if (!isRecord(contexts)) throw new Error('contexts is no map');
  const current = value.current ?? null;
  if (current !== null && typeof current !== 'string') throw new Error('current is no name of a context');
  return {
    current,
    contexts: Object.fromEntries(
      Object.entries(contexts).map(([name, context]) => [name, contextOf(name, context)]),
    ),
  };
}

function contextOf(name: string, value: unknown): Context {
  if (!isRecord(value)) throw new Error(`the context ${name} is no map`);
  const text = (field: string): string | undefined => {
    const found = value[field] ?? undefined;
    if (found !== undefined && typeof found !== 'string') throw new Error(`${field} of ${name} is no text`);
    return found;
  };
  const url = text('url');
  if (url === undefined) throw new Error(`the context ${name} has no url`);
  const all = {
    namespace: text('namespace'),
    token: text('token'),
    tokenFile: text('tokenFile'),
    kubeContext: text('kubeContext'),
    kube: value.kube === true ? true : undefined,
  };
  return {
    url,
    ...(Object.fromEntries(Object.entries(all).filter(([, one]) => one !== undefined)) as object),
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Writes all of it, or nothing: who reads meanwhile sees the old file or the new one. Only its owner may read it. */
export async function writeSettings(io: Io, settings: Settings): Promise<void> {
  const { stringify } = await import('yaml');
  await writePrivate(io, settingsPath(io), stringify(settings, { lineWidth: 0 }));
}

/** As `writeSettings`, for any file of the person's own; a link to it stays one. */
export async function writePrivate({ surroundings }: Io, path: string, text: string): Promise<void> {
  const { chmod, mkdir, open, realpath, rename, rm } = await import('node:fs/promises');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const target = existsSync(path) ? await realpath(path) : path;
  const beside = `${target}.${surroundings.newId()}`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(beside, 0o600);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw new Failure(`${path} cannot be written: ${firstLine(error)}`);
  }
}

/** Null where there is no such file. */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new Failure(`${path} cannot be read: ${firstLine(error)}`);
  }
}
