import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { type Access, BELIEVED, type Credentials } from './access.ts';
import { ClusterFailure, isRecord } from './failure.ts';

/** A credential plugin may ask a person or a slow server; then it is given up. */
const PLUGIN_TIMEOUT = 60_000;

/** The context that client-node makes up where it finds nothing. */
const NOTHING = 'loaded-context';

/**
 * Access by a kubeconfig, with all that @kubernetes/client-node understands: certificates, tokens, basic
 * authentication, impersonation, credential plugins. The file is read again when the API server refuses what it said.
 *
 * @param path undefined for the usual places: $KUBECONFIG, else ~/.kube/config
 * @param context undefined for the file's current context
 * @throws ClusterFailure with a sentence for the operator
 */
export async function byKubeconfig(
  path: string | undefined,
  context: string | undefined,
  clock: () => number,
): Promise<Access> {
  let config = await load(path, context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new ClusterFailure(`The kubeconfig has no cluster for the context ${config.getCurrentContext()}.`);
  }
  let kept: { readonly credentials: Credentials; readonly at: number } | undefined;
  return {
    server: cluster.server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    proxy: proxyFor(cluster.server, cluster.proxyUrl),
    credentials: async (isFresh) => {
      if (isFresh) {
        config = await load(path, context);
        kept = undefined;
      }
      if (kept === undefined || clock() - kept.at > BELIEVED) {
        kept = { credentials: await ask(config), at: clock() };
      }
      return kept.credentials;
    },
  };
}

async function load(path: string | undefined, context: string | undefined): Promise<KubeConfig> {
  const config = new KubeConfig();
  try {
    if (path === undefined) {
      config.loadFromDefault();
    } else {
      config.loadFromFile(path);
    }
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new ClusterFailure(`The kubeconfig ${path ?? ''} cannot be read: ${cause}`, { cause: error });
  }
  if (path === undefined && config.getCurrentContext() === NOTHING) {
    throw new ClusterFailure('There is no kubeconfig, and this is not a pod: name one with --kubeconfig.');
  }
  if (context !== undefined) {
    if (!config.getContexts().some(({ name }) => name === context)) {
      throw new ClusterFailure(`The kubeconfig has no context ${context}.`);
    }
    config.setCurrentContext(context);
  }
  if (path !== undefined) {
    await addTokenFile(config, path);
  }
  return config;
}

/** client-node does not know a user's `tokenFile`, which kubectl does. */
async function addTokenFile(config: KubeConfig, path: string): Promise<void> {
  const document: unknown = parse(await readFile(path, 'utf8'));
  const users = isRecord(document) && Array.isArray(document.users) ? document.users : [];
  const name = config.getCurrentUser()?.name;
  const entry: unknown = users.find((user: unknown) => isRecord(user) && user.name === name);
  const user = isRecord(entry) && isRecord(entry.user) ? entry.user : {};
  if (typeof user.tokenFile === 'string') {
    const token = (await readFile(resolve(dirname(path), user.tokenFile), 'utf8')).trim();
    config.users = config.users.map((each) => (each.name === name ? { ...each, token } : each));
  }
}

async function ask(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      config.applyToHTTPSOptions(options),
      new Promise((_, reject) => {
        timer = setTimeout(
          () => reject(new ClusterFailure('The credential plugin of the kubeconfig does not answer.')),
          PLUGIN_TIMEOUT,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
  const { ca, cert, key, servername, rejectUnauthorized, auth, headers } = options;
  const named = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), String(value)] as const],
  );
  const basic =
    typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return {
    headers: { ...Object.fromEntries(named), ...basic },
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(servername !== undefined && { servername }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    },
  };
}

/** A service's name is known only inside a cluster, where no proxy could help. */
function proxyFor(server: string, given: string | undefined): Access['proxy'] {
  if (given !== undefined && given !== '') {
    return { url: given };
  }
  const { hostname } = new URL(server);
  return /(^|\.)kubernetes(\.default)?$|\.svc(\.|$)/.test(hostname) ? 'none' : 'environment';
}
