import type { Database } from '../../db/client.ts';
import { findKey } from '../../db/keys/find.ts';
import { touchKey } from '../../db/keys/touch.ts';
import type { Log } from '../http/log.ts';
import { createAccess } from './compose.ts';
import type { AccessConfig } from './config.ts';
import type { AccessControl } from './control.ts';
import { openAccess } from './open.ts';

/** Access control as it runs: with the keys of a database, and the time of this machine. */
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
    onTrouble: (error) => log.warn({ reason: String(error) }, 'that an API key was used could not be noted'),
  });
}
