import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

export interface Database {
  /** For the statements of db/<noun>/<verb>.ts that must be prepared, and for transactions. */
  readonly sql: postgres.Sql;
  /** For the statements that are composed, such as lists with filters. */
  readonly orm: PostgresJsDatabase;
  /** Lets running statements finish, for at most five seconds, and closes all connections. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections at most; 1 in a Lambda container. */
  readonly connections: number;
  /** Milliseconds after which the server gives up a statement, and a connection attempt ends. */
  readonly timeout: number;
  /** Milliseconds for a statement, where that differs; 0: as long as it takes. */
  readonly statementTimeout?: number;
}

/** Opens lazily: nothing is sent until the first statement. */
export function connect(url: string, options: DatabaseOptions): Database {
  const sql = postgres(url, {
    max: options.connections,
    connect_timeout: Math.max(1, Math.ceil(options.timeout / 1000)),
    idle_timeout: 60,
    max_lifetime: 30 * 60,
    onnotice: () => undefined,
    // A connection asks nothing for itself when it opens: one round trip less, and nothing that could fail
    // with nobody waiting for it. So arrays cannot be parameters.
    fetch_types: false,
    // Seconds until a database that was away is asked for again: soon, since callers wait for it.
    backoff: (attempt: number) => Math.min(1, 0.05 * 2 ** attempt),
    connection: {
      application_name: 'kite',
      TimeZone: 'UTC',
      statement_timeout: options.statementTimeout ?? options.timeout,
      idle_in_transaction_session_timeout: options.timeout * 2,
    },
  });
  // Drizzle takes over how its client carries times and JSON. It reads either way; statements written
  // directly rely on the driver's own.
  const { parsers, serializers } = sql.options;
  const own = { parsers: { ...parsers }, serializers: { ...serializers } };
  const orm = drizzle(sql);
  Object.assign(parsers, own.parsers);
  Object.assign(serializers, own.serializers);
  return { sql, orm, close: () => sql.end({ timeout: 5 }) };
}
