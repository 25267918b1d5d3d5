import type { Logger } from 'pino';
import { ConfigError } from '../../core/config-error.ts';
import { connectTo } from '../aws/database.ts';
import type { Config } from '../config.ts';
import { bringUpToDate, meetDatabase, nameOf } from './database.ts';
import type { Closers } from './start.ts';

/**
 * Brings the database up to date, as any number of others may at the same time. It is waited for where it does not
 * answer yet: whatever starts this would only start it again.
 *
 * @throws Error whose message is a sentence for the operator
 */
export async function migrateOnly(
  config: Config,
  log: Logger,
  closers: Closers,
  stop: AbortSignal,
): Promise<void> {
  const { databaseUrl: url } = config;
  if (url === undefined) {
    throw new ConfigError([
      'DATABASE_URL is not set: the embedded database is brought up to date when Kite starts',
    ]);
  }
  const database = connectTo(config, url, { connections: 1, timeout: config.databaseTimeout });
  closers.push(() => database.close());
  await meetDatabase(database, nameOf(url, config), log, stop, true);
  stop.throwIfAborted();
  if ((await bringUpToDate(url, config, log)).length === 0) {
    log.info({}, 'the database is up to date');
  }
}
