import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { KiteError } from '../../core/errors.ts';
import type { Database } from '../../db/client.ts';
import { asKiteError } from '../../db/failure.ts';
import { migrate } from '../../db/migrate.ts';
import { connectTo } from '../aws/database.ts';
import type { Config } from '../config.ts';
import { findMigrations } from '../migrations.ts';
import { sentenceOf } from '../sentence.ts';

/** As `server_version_num` counts. */
const oldestVersion = 150_000;
/** Milliseconds between two attempts to reach a database that is waited for. */
const interval = 1_000;

/**
 * Asks a database for the first time.
 *
 * @param isPatient whether one that does not answer now is waited for, until `stop`
 * @throws Error whose message is a sentence for the operator: it does not answer, or is too old
 */
export async function meetDatabase(
  { sql }: Pick<Database, 'sql'>,
  name: string,
  log: Logger,
  stop: AbortSignal,
  isPatient: boolean,
): Promise<void> {
  for (let told = ''; ; await pause(interval, undefined, { signal: stop })) {
    try {
      await sql`select 1`;
      break;
    } catch (error) {
      const reason = sentenceOf(error);
      if (!isPatient || !mayPass(error)) {
        throw new Error(`${name} does not answer: ${reason}`, { cause: error });
      }
      if (reason !== told) {
        log.warn({ reason }, `${name} does not answer yet; it is waited for`);
        told = reason;
      }
    }
  }
  await requireVersion(sql);
}

function mayPass(error: unknown): boolean {
  const told = asKiteError(error);
  return told instanceof KiteError && told.code === 'unavailable';
}

/** What the database is called in sentences: without user and password. */
export function nameOf(url: string, { databaseUrl }: Pick<Config, 'databaseUrl'>): string {
  const { host, pathname } = new URL(url);
  return `${databaseUrl === undefined ? 'the embedded database' : 'the database of DATABASE_URL'} (${host}${pathname})`;
}

/** @throws Error for a server that is too old for what the migrations use */
async function requireVersion(sql: Database['sql']): Promise<void> {
  const [row] = await sql<{ version: string; number: number }[]>`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number`;
  if (row !== undefined && row.number < oldestVersion) {
    throw new Error(`the database is PostgreSQL ${row.version}; Kite needs 15 or newer`);
  }
}

/**
 * Runs the migrations over a connection of its own, which waits as long as another starter or a large table takes.
 *
 * @returns the names of those that landed now
 */
export async function bringUpToDate(url: string, config: Config, log: Logger): Promise<readonly string[]> {
  const { sql, close } = connectTo(config, url, { connections: 1, timeout: 10_000, statementTimeout: 0 });
  try {
    const accept = (newer: readonly string[]): void =>
      log.warn({ newer }, 'a newer release has migrated the database; it is taken as it is');
    const { applied } = await migrate(sql, findMigrations(), config.acceptsNewer ? accept : undefined);
    if (applied.length > 0) {
      log.info({ applied }, 'the database was brought up to date');
    }
    return applied;
  } finally {
    await close();
  }
}
