import postgres from 'postgres';

export interface Database {
  /** Statements that are composed go by `orm` over the same connections. */
  readonly sql: postgres.Sql;
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
  /**
   * Makes the password of a connection that is being opened; must not throw. Who asks for one is a proxy: it lets a client
   * send none of the settings below but the first two, so the role's own settings in the database hold instead.
   */
  readonly password?: () => string;
}

/**
 * A connection has one statement at a time; the others wait in the driver. One that was sent behind another could not
 * be taken back when its time is over: it would be carried out later, though its caller was told that it was not.
 * (The driver's types do not know the option.)
 */
const oneAtATime = { max_pipeline: 0 };

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
    ...oneAtATime,
    // Seconds until a database that was away is asked for again: soon, since callers wait for it.
    backoff: (attempt: number) => Math.min(1, 0.05 * 2 ** attempt),
    connection: {
      application_name: 'kite',
      TimeZone: 'UTC',
      ...(options.password === undefined && timeouts(options)),
    },
    ...(options.password !== undefined && { password: options.password }),
  });
  return { sql, close: () => sql.end({ timeout: 5 }) };
}

function timeouts({ statementTimeout, timeout }: DatabaseOptions) {
  return {
    statement_timeout: statementTimeout ?? timeout,
    idle_in_transaction_session_timeout: timeout * 2,
  };
}
