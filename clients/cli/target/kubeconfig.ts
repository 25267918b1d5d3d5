import { delimiter, dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { isRecord, readIfThere } from './settings.ts';
import { parseYaml } from './yaml.ts';

/** What a kubeconfig says about one of its contexts. */
export interface KubeContext {
  readonly context: string;
  /** `default` where the context has none, as for kubectl. */
  readonly namespace: string;
  readonly user: Readonly<Record<string, unknown>>;
  /** The folder of the file that the user stands in: relative paths start there. */
  readonly folder: string;
  readonly cluster: Readonly<Record<string, unknown>> | null;
}

interface Found {
  readonly value: Readonly<Record<string, unknown>>;
  readonly folder: string;
}

/** Where a pod finds who it is. */
const podFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The context that kubectl would use: files of KUBECONFIG are one, and of entries with one name the first counts. Without any
 * file, that of the pod which this runs in. Null where there is neither.
 *
 * @param asked another context than the current one
 */
export async function readKubeconfig(io: Io, asked: string | undefined): Promise<KubeContext | null> {
  const files: Found[] = [];
  for (const path of paths(io)) {
    const text = readIfThere(path);
    if (text === null || text.trim() === '') continue;
    let value: unknown;
    try {
      value = await parseYaml(text);
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      throw new Failure(`the kubeconfig ${path} cannot be read: ${sentence}`);
    }
    if (isRecord(value)) files.push({ value, folder: dirname(path) });
  }
  const current = files
    .map(({ value }) => value['current-context'])
    .find((name) => name !== undefined && name !== '');
  const name = asked ?? (typeof current === 'string' ? current : undefined);
  if (name === undefined) return inPod();
  const context = entry(files, 'contexts', 'context', name);
  if (context === null) {
    if (asked === undefined) return null;
    throw new Failure(`the kubeconfig has no context ${name}; "kubectl config get-contexts" lists them`);
  }
  const { namespace, user, cluster } = context.value;
  const found = typeof user === 'string' ? entry(files, 'users', 'user', user) : null;
  return {
    context: name,
    namespace: typeof namespace === 'string' && namespace !== '' ? namespace : 'default',
    user: found?.value ?? {},
    folder: found?.folder ?? context.folder,
    cluster:
      typeof cluster === 'string' ? (entry(files, 'clusters', 'cluster', cluster)?.value ?? null) : null,
  };
}

function paths({ env, home }: Io): readonly string[] {
  const listed = env.KUBECONFIG;
  if (listed === undefined || listed === '') return [join(home, '.kube', 'config')];
  return [...new Set(listed.split(delimiter).filter((path) => path !== ''))];
}

function entry(files: readonly Found[], list: string, kind: string, name: string): Found | null {
  for (const { value, folder } of files) {
    const entries = value[list];
    if (!Array.isArray(entries)) continue;
    for (const one of entries) {
      if (isRecord(one) && one.name === name && isRecord(one[kind])) return { value: one[kind], folder };
    }
  }
  return null;
}

function inPod(): KubeContext | null {
  const namespace = readIfThere(join(podFolder, 'namespace'));
  if (namespace === null) return null;
  return {
    context: 'of this pod',
    namespace: namespace.trim(),
    user: { tokenFile: join(podFolder, 'token') },
    folder: podFolder,
    cluster: null,
  };
}
