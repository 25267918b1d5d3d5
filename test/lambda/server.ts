import { join } from 'node:path';
import pino from 'pino';
import { connect, type Database } from '../../db/client.ts';
import { ensureHistory } from '../../db/history/ensure.ts';
import { touchKey } from '../../db/keys/touch.ts';
import { readConfig } from '../../functions/config.ts';
import { generousLimits, makeKey } from '../support/keys.ts';
import { bundleFunctions } from './bundles.ts';
import { type Front, startFront } from './front.ts';
import { requireRic } from './ric.ts';

/** As `startServer` gives one, with what serves it. */
export interface FunctionsServer {
  readonly url: string;
  /** Connections of the test's own. */
  readonly database: Database;
  readonly databaseUrl: string;
  readonly functions: Front['functions'];
  /** Ends all processes. */
  close(): Promise<void>;
}

/**
 * All operations as functions, configured as `startServer` would configure them in this process.
 *
 * @param options.accessText what KITE_ACCESS says; when absent the functions take API keys, and a key for everything is
 *   shown for everybody
 * @param options.databaseUrl a migrated database
 * @param options.timeout milliseconds that one call may take
 */
export async function startFunctions(options: {
  readonly databaseUrl: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: () => number;
  readonly access?: unknown;
  readonly accessText?: string;
  readonly log?: (line: string) => void;
  readonly timeout?: number;
}): Promise<FunctionsServer> {
  const { databaseUrl, accessText, log } = options;
  if (options.clock !== undefined || (options.access !== undefined && accessText === undefined)) {
    throw new Error('What is given as code does not reach a function: it has the clock of this machine.');
  }
  const env = {
    LOG_LEVEL: log === undefined ? 'silent' : 'warn',
    DATABASE_URL: databaseUrl,
    KITE_ACCESS: accessText ?? JSON.stringify({ limits: generousLimits }),
    ...options.env,
  };
  const config = readConfig({ ...env, LOG_LEVEL: 'silent', PORT: '0' });
  const database = connect(databaseUrl, { connections: 2, timeout: config.databaseTimeout });
  try {
    await ensureHistory(database.sql, Date.now(), config.historyDays);
    const bundles = await bundleFunctions();
    const key = accessText === undefined ? await usedKey(database, config.namespaceCheck) : undefined;
    const front = await startFront({
      settings: (operation) => ({
        name: `kite-test-${operation.replace('.', '-')}`,
        directory: join(bundles, operation.replace('.', '/')),
        handler: 'index.handler',
        env,
        timeout: options.timeout ?? 15_000,
        memory: 512,
      }),
      ...(key !== undefined && { key }),
      config,
      // A function that fails is a fault of ours or of the test, and told.
      log: pino({ level: 'error' }, pino.destination(2)),
      ric: await requireRic(),
      onLine: (line) => {
        // What CloudWatch makes metrics of is no log line.
        if (log !== undefined && !line.startsWith('{"_aws"')) {
          log(line);
        }
      },
    });
    return {
      url: front.url,
      functions: front.functions,
      database,
      databaseUrl,
      async close() {
        await front.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * A key that says that it was used already: nothing is written when it is.
 *
 * @param asksForNamespace whether an open server would: then it reaches each namespace by its name, and none unnamed
 */
async function usedKey({ sql }: Database, asksForNamespace: boolean): Promise<string> {
  const namespaces = [asksForNamespace ? '**' : '*'];
  const key = await makeKey(sql, { clusters: ['*'], namespaces, may: ['read', 'report', 'act'] });
  const [, id = ''] = key.split('_');
  await touchKey(sql, id, Date.now());
  return key;
}
