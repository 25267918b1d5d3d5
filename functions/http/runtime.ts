import { randomUUID } from 'node:crypto';
import type { Database } from '../../db/client.ts';
import type { AccessControl } from '../access/control.ts';
import { startAccess } from '../access/start.ts';
import { connectTo } from '../aws/database.ts';
import { type Config, readConfig } from '../config.ts';
import { type Log, lineLog } from './log.ts';
import { metricLines } from './metric-lines.ts';
import type { Telemetry } from './telemetry.ts';

/** What a handler has at hand: all that is not in the request. */
export interface Runtime {
  readonly config: Config;
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly newId: () => string;
  readonly log: Log;
  readonly access: AccessControl;
  readonly telemetry: Telemetry;
}

let container: Container | undefined;

/** Whether this process is a function's, which Lambda has started for it. */
export const isFunction = process.env.AWS_LAMBDA_FUNCTION_NAME !== undefined;

/**
 * The runtime of a Lambda container, made once and kept: with one database connection.
 *
 * @throws ConfigError, and Error where nobody would be asked who they are
 */
export function containerRuntime(): Runtime {
  container ??= new Container();
  return container;
}

/** Has a database and asks who somebody is only once that is needed: some functions are given neither. */
class Container implements Runtime {
  readonly config = readConfig(process.env);
  readonly clock = Date.now;
  readonly newId = randomUUID;
  readonly log = lineLog(this.config.logLevel, write);
  readonly telemetry = metricLines({ service: this.config.service, clock: Date.now, write });
  #database: Database | undefined;
  #access: AccessControl | undefined;

  constructor() {
    if (this.config.access === undefined && isFunction) {
      throw new Error(
        'KITE_ACCESS is not set: a function that asks nobody who they are is open to the world',
      );
    }
  }

  get database(): Database {
    const { databaseUrl, databaseTimeout: timeout } = this.config;
    if (databaseUrl === undefined) {
      throw new Error('DATABASE_URL is not set: a function has no database of its own');
    }
    this.#database ??= connectTo(this.config, databaseUrl, { connections: 1, timeout });
    return this.#database;
  }

  get access(): AccessControl {
    this.#access ??= startAccess(this.config.access, this.database.sql, this.log);
    return this.#access;
  }
}

function write(line: string): void {
  process.stdout.write(line);
}
