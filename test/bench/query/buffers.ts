import { randomUUID } from 'node:crypto';
import pino from 'pino';
import postgres from 'postgres';
import * as z from 'zod/mini';
import { openAccess } from '../../../functions/access/open.ts';
import { readConfig } from '../../../functions/config.ts';
import { startGateway } from '../../../functions/gateway/server.ts';
import { handlers } from '../../../functions/handlers.ts';
import type { Runtime } from '../../../functions/http/runtime.ts';
import { noTelemetry } from '../../../functions/http/telemetry.ts';
import type { Read } from './reads.ts';

interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

const plan = z.array(
  z.object({
    'QUERY PLAN': z.array(
      z.object({ Plan: z.object({ 'Shared Hit Blocks': z.int(), 'Shared Read Blocks': z.int() }) }),
    ),
  }),
);

/**
 * How many pages of 8 KB the statements of a request touch, in the server's memory or not: the mean over the requests
 * of each read. The requests go through the real handlers; what these send is sent again with EXPLAIN ANALYZE.
 */
export async function buffersOf(url: string, reads: readonly Read[]): Promise<ReadonlyMap<string, number>> {
  const sent: Statement[] = [];
  const options = { fetch_types: false, onnotice: () => undefined, connection: { TimeZone: 'UTC' } };
  const listened = postgres(url, {
    ...options,
    max: 2,
    debug: (_, text, parameters) => void sent.push({ text, parameters }),
  });
  const asking = postgres(url, { ...options, max: 1 });
  const config = readConfig({
    LOG_LEVEL: 'silent',
    PORT: '0',
    DATABASE_URL: url,
    KITE_NAMESPACE_CHECK: 'off',
  });
  const runtime: Runtime = {
    config,
    database: { sql: listened, close: () => listened.end() },
    clock: Date.now,
    newId: randomUUID,
    log: pino({ level: 'silent' }),
    access: openAccess,
    telemetry: noTelemetry,
  };
  const bound = new Map(handlers.map((handler) => [handler.operation, handler.bind(runtime)]));
  const gateway = await startGateway({ handlers: bound, config, log: runtime.log, clock: Date.now });
  try {
    const touched = new Map<string, number>();
    for (const { what, paths } of reads) {
      let sum = 0;
      for (const path of paths) {
        sent.length = 0;
        const response = await fetch(`${gateway.url}/api/v1${path}`);
        await response.arrayBuffer();
        if (!response.ok) {
          throw new Error(`${path} was answered with ${response.status}.`);
        }
        for (const statement of [...sent]) {
          sum += await buffers(asking, statement);
        }
      }
      touched.set(what, sum / paths.length);
    }
    return touched;
  } finally {
    await gateway.close();
    await Promise.all([listened.end(), asking.end()]);
  }
}

async function buffers(sql: postgres.Sql, { text, parameters }: Statement): Promise<number> {
  const explained = await sql.unsafe(`explain (analyze, buffers, timing off, format json) ${text}`, [
    ...parameters,
  ] as string[]);
  const [row] = plan.parse([...explained]);
  const top = row?.['QUERY PLAN'][0]?.Plan;
  return (top?.['Shared Hit Blocks'] ?? 0) + (top?.['Shared Read Blocks'] ?? 0);
}
