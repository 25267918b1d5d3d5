import { randomUUID } from 'node:crypto';
import { connect, type Database } from '../../db/client.ts';
import type { AccessControl } from '../access/control.ts';
import { startAccess } from '../access/start.ts';
import { type Config, readConfig } from '../config.ts';
import { type Log, lineLog } from './log.ts';

/** What a handler has at hand: all that is not in the request. */
export interface Runtime {
  readonly config: Config;
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly newId: () => string;
  readonly log: Log;
  readonly access: AccessControl;
}

let container: Runtime | undefined;

/** The runtime of a Lambda container, made at its first call and kept: one database connection. */
export function containerRuntime(): Runtime {
  if (container === undefined) {
    const config = readConfig(process.env);
    if (config.databaseUrl === undefined) {
      throw new Error('DATABASE_URL is not set: a function has no database of its own');
    }
    if (config.access === undefined && process.env.AWS_LAMBDA_FUNCTION_NAME !== undefined) {
      throw new Error(
        'KITE_ACCESS is not set: a function that asks nobody who they are is open to the world',
      );
    }
    const database = connect(config.databaseUrl, { connections: 1, timeout: config.databaseTimeout });
    const log = lineLog(config.logLevel, (line) => process.stdout.write(line));
    container = {
      config,
      database,
      clock: Date.now,
      newId: randomUUID,
      log,
      access: startAccess(config.access, database.sql, log),
    };
  }
  return container;
}
