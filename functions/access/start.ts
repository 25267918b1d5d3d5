import type { Database } from '../../db/client.ts';
import { findKey } from '../../db/keys/find.ts';
import { touchKey } from '../../db/keys/touch.ts';
import { readAwsIdentity } from '../aws/credentials.ts';
import { Secrets } from '../aws/secret.ts';
import type { Log } from '../http/log.ts';
import { createAccess } from './compose.ts';
import type { AccessConfig } from './config.ts';
import type { AccessControl } from './control.ts';
import type { ReadSecret } from './kube.ts';
import { openAccess } from './open.ts';

/**
 * Access control as it runs: with the keys of a database, the time of this machine, and the secrets of its role on AWS.
 *
 * @throws Error when a cluster is asked with a secret and the environment says not as whom to read it
 */
export function startAccess(
  config: AccessConfig | undefined,
  sql: Database['sql'],
  log: Pick<Log, 'warn'>,
): AccessControl {
  if (config === undefined) {
    return openAccess;
  }
  if (config.compat && config.clusters.length > 0) {
    log.warn({}, 'compat is on: who may read a namespace of a cluster may also report and act there');
  }
  return createAccess(config, {
    keys: { find: (id) => findKey(sql, id), touch: (id, now) => touchKey(sql, id, now) },
    clock: Date.now,
    elapsed: () => performance.now(),
    readSecret: secretsOf(config),
    onTrouble: (error) => log.warn({ reason: String(error) }, 'that an API key was used could not be noted'),
  });
}

function secretsOf({ clusters, timeout }: AccessConfig): ReadSecret | undefined {
  if (clusters.every(({ credential }) => !('secret' in credential))) {
    return undefined;
  }
  const secrets = new Secrets(readAwsIdentity(process.env), { env: process.env, timeout, clock: Date.now });
  return (arn) => secrets.read(arn);
}
