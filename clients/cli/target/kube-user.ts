import { spawn } from 'node:child_process';
import { isAbsolute, join, sep } from 'node:path';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import type { KubeContext } from './kubeconfig.ts';
import { isRecord, readIfThere } from './settings.ts';

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** Bytes of what a plugin may print. */
const longest = 1024 * 1024;

/** The bearer token of the context's user: its file, its token, or what its plugin gives, in the order of kubectl. */
export async function tokenOfUser(io: Io, kube: KubeContext): Promise<string> {
  const { user, folder, context } = kube;
  if (['as', 'as-uid', 'as-groups', 'as-user-extra'].some((name) => user[name] !== undefined)) {
    throw new Failure(
      `the user of the context ${context} acts as somebody else (as), which is not taken over; use a context without it`,
    );
  }
  if (isRecord(user.exec)) return tokenOfPlugin(io, kube, user.exec);
  const file = user.tokenFile;
  if (typeof file === 'string' && file !== '') {
    const path = isAbsolute(file) ? file : join(folder, file);
    const text = readIfThere(path);
    if (text === null) throw new Failure(`the token file ${path} of the context ${context} is not there`);
    return text;
  }
  if (typeof user.token === 'string' && user.token !== '') return user.token;
  const has = Object.keys(user).filter((name) => user[name] !== '');
  const other = has.some((name) => name.startsWith('client-certificate'))
    ? 'a client certificate, and Kite needs a token: "kubectl create token NAME" makes one of a service account'
    : has.includes('auth-provider')
      ? 'an auth-provider, which kubectl has given up too: use its exec plugin'
      : 'neither token nor plugin';
  throw new Failure(`the user of the context ${context} has ${other}`);
}

interface Plugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  readonly interactiveMode: string;
  readonly installHint: string;
}

/** Runs the plugin as kubectl does: its own variables, the person's terminal where it may ask, a credential on its output. */
async function tokenOfPlugin(
  io: Io,
  kube: KubeContext,
  exec: Readonly<Record<string, unknown>>,
): Promise<string> {
  const plugin = pluginOf(kube, exec);
  const asks = plugin.interactiveMode !== 'Never' && io.canAsk();
  if (plugin.interactiveMode === 'Always' && !asks) {
    throw new Failure(
      `${plugin.command} of the context ${kube.context} has to ask you, and there is no terminal`,
    );
  }
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: asks, ...(exec.provideClusterInfo === true && { cluster: clusterInfo(kube) }) },
  };
  const printed = await run(io, plugin, { ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) }, asks);
  return readCredential(io, plugin, printed);
}

function pluginOf({ folder, context }: KubeContext, exec: Readonly<Record<string, unknown>>): Plugin {
  const { command, args, env, apiVersion, interactiveMode, installHint } = exec;
  if (typeof command !== 'string' || command === '') {
    throw new Failure(`the plugin of the context ${context} has no command`);
  }
  if (typeof apiVersion !== 'string' || !versions.includes(apiVersion)) {
    throw new Failure(`${command} speaks ${String(apiVersion)}; ${versions.join(' and ')} are understood`);
  }
  const mode = typeof interactiveMode === 'string' ? interactiveMode : 'IfAvailable';
  const variables = Array.isArray(env) ? env.filter(isRecord) : [];
  return {
    command: command.includes(sep) && !isAbsolute(command) ? join(folder, command) : command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: Object.fromEntries(variables.map(({ name, value }) => [String(name), String(value ?? '')])),
    apiVersion,
    interactiveMode: mode,
    installHint: typeof installHint === 'string' ? (installHint.split('\n')[0]?.trim() ?? '') : '',
  };
}

function clusterInfo({ cluster }: KubeContext): object {
  const { server, 'tls-server-name': name, 'insecure-skip-tls-verify': insecure } = cluster ?? {};
  const authority = cluster?.['certificate-authority-data'];
  const extensions = Array.isArray(cluster?.extensions) ? cluster.extensions.filter(isRecord) : [];
  const config = extensions.find((one) => one.name === 'client.authentication.k8s.io/exec')?.extension;
  return {
    server,
    'tls-server-name': name,
    'insecure-skip-tls-verify': insecure,
    'certificate-authority-data': authority,
    config,
  };
}

function run(io: Io, plugin: Plugin, env: Readonly<Record<string, string>>, asks: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, plugin.args, {
      env: { ...io.env, ...env },
      stdio: [asks ? 'inherit' : 'ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.length > longest) child.kill();
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      const hint = isMissing && plugin.installHint !== '' ? `: ${plugin.installHint}` : '';
      reject(
        new Failure(
          `${plugin.command} ${isMissing ? 'is not installed' : `cannot be run (${error.code})`}${hint}`,
        ),
      );
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(printed);
      else reject(new Failure(`${plugin.command} gave no token: it ended with ${code ?? signal}`));
    });
  });
}

/** What a plugin prints is never shown: it is the token. */
function readCredential(io: Io, plugin: Plugin, printed: string): string {
  let value: unknown;
  try {
    value = JSON.parse(printed);
  } catch {
    throw new Failure(`${plugin.command} printed no credential: it is no JSON`);
  }
  const status =
    isRecord(value) && value.kind === 'ExecCredential' && isRecord(value.status) ? value.status : null;
  if (status === null)
    throw new Failure(`${plugin.command} printed no credential of the kind ExecCredential`);
  const { token, expirationTimestamp } = status;
  if (typeof token !== 'string' || token === '') {
    throw new Failure(`${plugin.command} gave a client certificate and no token, and Kite needs a token`);
  }
  const ends = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
  if (ends <= io.surroundings.now()) {
    throw new Failure(`${plugin.command} gave a token that ended at ${String(expirationTimestamp)}`);
  }
  return token;
}
