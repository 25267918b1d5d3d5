import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { connect, type Database } from '../../db/client.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { ensureHistory } from '../../db/history/ensure.ts';
import { migrate } from '../../db/migrate.ts';
import type { AccessControl } from '../../functions/access/control.ts';
import { openAccess } from '../../functions/access/open.ts';
import { readConfig } from '../../functions/config.ts';
import { startGateway } from '../../functions/gateway/server.ts';
import { handlers } from '../../functions/handlers.ts';
import type { Runtime } from '../../functions/http/runtime.ts';
import { noTelemetry, type Telemetry } from '../../functions/http/telemetry.ts';

export interface TestServer {
  readonly url: string;
  /** The server's own connections. */
  readonly database: Database;
  readonly databaseUrl: string;
  /** Ends all that `startServer` started, and removes the database unless it was given. */
  close(): Promise<void>;
}

/** Whether `startServer` runs the functions as they are deployed; they are open to nobody, whatever is asked for. */
export const runsFunctions = process.env.KITE_TEST_TARGET === 'functions';

type Closer = () => Promise<unknown>;

/**
 * All operations behind the gateway, in this process and on a port of its own. Where `runsFunctions`, each is in its
 * bundle, in processes such as Lambda's.
 *
 * @param options.databaseUrl a migrated database that the caller keeps; a fresh one when absent
 */
export async function startServer(
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly clock?: () => number;
    readonly databaseUrl?: string;
    /** Nobody is asked who they are when absent. */
    readonly access?: AccessControl;
    /** What KITE_ACCESS says to make `access`. */
    readonly accessText?: string;
    /** Takes what is logged as warnings and worse, a line of JSON each; nothing is logged when absent. */
    readonly log?: (line: string) => void;
    /** Nothing is counted when absent. */
    readonly telemetry?: Telemetry;
  } = {},
): Promise<TestServer> {
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) {
      await closer();
    }
  };
  try {
    const databaseUrl = options.databaseUrl ?? (await freshDatabase(closers));
    if (runsFunctions) {
      const { startFunctions } = await import('../lambda/server.ts');
      const functions = await startFunctions({ ...options, databaseUrl });
      closers.push(() => functions.close());
      return { ...functions, close };
    }
    const config = readConfig({ LOG_LEVEL: 'silent', PORT: '0', DATABASE_URL: databaseUrl, ...options.env });
    const database = connect(databaseUrl, {
      connections: config.databaseConnections,
      timeout: config.databaseTimeout,
    });
    closers.push(() => database.close());
    const clock = options.clock ?? Date.now;
    await ensureHistory(database.sql, clock(), config.historyDays);
    const runtime: Runtime = {
      config,
      database,
      clock,
      newId: randomUUID,
      log:
        options.log === undefined
          ? pino({ level: config.logLevel })
          : pino({ level: 'warn' }, { write: options.log }),
      access: options.access ?? openAccess,
      telemetry: options.telemetry ?? noTelemetry,
    };
    const bound = new Map(handlers.map((handler) => [handler.operation, handler.bind(runtime)]));
    const gateway = await startGateway({
      handlers: bound,
      config,
      log: runtime.log,
      clock,
      isOpen: !runtime.access.isOn,
    });
    closers.push(() => gateway.close());
    return { url: gateway.url, database, databaseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Outside of vitest there is no server to share: then one is started for this database alone. */
async function freshDatabase(closers: Closer[]): Promise<string> {
  if (process.env.VITEST !== undefined) {
    const { createTestDatabase } = await import('./database.ts');
    const { url, drop } = await createTestDatabase();
    closers.push(drop);
    return url;
  }
  const directory = await mkdtemp(join(tmpdir(), `kite-test-${process.pid}-`));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755);
  const server = await startEmbedded({ directory, durable: false });
  closers.push(() => server.stop());
  const { sql, close } = connect(server.url, { connections: 1, timeout: 30_000 });
  try {
    await migrate(sql, new URL('../../db/migrations/', import.meta.url));
  } finally {
    await close();
  }
  return server.url;
}
