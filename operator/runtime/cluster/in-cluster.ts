import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type Access, BELIEVED, type Credentials } from './access.ts';

/** Where a pod finds the token of its ServiceAccount, unless `KITE_OPERATOR_SERVICE_ACCOUNT` names another directory. */
const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access from a pod: the projected token is read again while it rotates, as is the CA. The service's address is inside
 * the cluster, so no proxy is asked.
 *
 * @param env says where the API server is, and may name the directory with `token`, `ca.crt` and `namespace`
 * @returns undefined outside of a pod
 */
export async function inCluster(env: NodeJS.ProcessEnv, clock: () => number): Promise<Access | undefined> {
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  const port = env.KUBERNETES_SERVICE_PORT ?? '443';
  const given = env.KITE_OPERATOR_SERVICE_ACCOUNT ?? '';
  const mount = given === '' ? MOUNT : given;
  if (host === '' || !existsSync(join(mount, 'token'))) {
    return undefined;
  }
  const read = (name: string): Promise<string> => readFile(join(mount, name), 'utf8');
  const namespace = existsSync(join(mount, 'namespace')) ? (await read('namespace')).trim() : '';
  let kept: { readonly credentials: Credentials; readonly at: number } | undefined;
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    namespace: namespace === '' ? undefined : namespace,
    proxy: 'none',
    credentials: async (isFresh) => {
      if (kept === undefined || isFresh || clock() - kept.at > BELIEVED) {
        const [token, ca] = await Promise.all([read('token'), read('ca.crt')]);
        kept = {
          credentials: { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } },
          at: clock(),
        };
      }
      return kept.credentials;
    },
  };
}
