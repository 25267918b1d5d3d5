import postgres from 'postgres';
import { startRelay } from '../../support/relay.ts';
import { median } from '../figures.ts';
import { startFilled } from '../query/filled.ts';
import { type Read, readsOf } from '../query/reads.ts';
import type { Context, Row, Scenario } from '../scenario.ts';
import { inTurn, rowOf, timeline } from '../turns.ts';

const size = { whole: 1_000_000, quick: 10_000 } as const;
const depth = { whole: 40_000, quick: 2000 } as const;
/** Nothing that asks for no exact count over 100,000 rows takes longer, with sixteen callers. */
const mostOfAll = 60;
const callers = [1, 16] as const;

/** Each read by one caller and by sixteen. The dataset cannot be sent to another server, so there is none to compare with. */
export const query: Scenario = {
  name: 'query',
  about: 'every kind of read at a million issues, by one caller and by sixteen',
  async *run(context: Context): AsyncIterable<Row> {
    const kind = context.quick ? 'quick' : 'whole';
    const server = await startFilled(context, size[kind]);
    const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => undefined });
    try {
      const reads = await readsOf(sql, { depth: depth[kind], samples: 40 });
      const statements = await statementsOf(context, server.url, reads);
      const gateway = await context.startGateway(server.url, environment);
      for (const read of reads) {
        for (const connections of callers) {
          yield await measured(
            context,
            gateway.url,
            read,
            connections,
            statements.get(read.what) ?? Number.NaN,
          );
        }
      }
      await gateway.stop();
    } finally {
      await sql.end();
    }
  },
};

/** Lists of all namespaces are asked too; and the gateway drops nothing of the dataset. */
const environment = { KITE_NAMESPACE_CHECK: 'off', KITE_HISTORY_DAYS: '400' } as const;

async function measured(
  context: Context,
  url: string,
  read: Read,
  connections: (typeof callers)[number],
  statements: number,
): Promise<Row> {
  const requests = read.paths.map((path) => ({ method: 'GET' as const, path: `/api/v1${path}` }));
  const turns = await inTurn(
    context,
    { kite: url },
    {
      work: { kind: 'requests', requests },
      tag: 'bench-query',
      connections,
      seconds: context.quick ? 0.3 : 2,
      warmUp: context.quick ? 0.1 : 0.5,
    },
    timeline(),
  );
  const row = rowOf(
    `${read.what}; ${connections} ${connections === 1 ? 'caller' : 'callers'}`,
    'req/s',
    turns,
  );
  const most = connections === 1 ? read.most : mostOfAll;
  return {
    ...row,
    notes: [...(row.notes ?? []), ...(statements > 2 ? [`${statements} statements`] : [])],
    requirement: {
      text: `p50 < ${most} ms, ≤ 2 statements`,
      met: median(row.p50 ?? []) < most && statements <= 2,
    },
  };
}

/** How many statements a request of each kind sends: the least of a few, since a new connection may ask for more. */
async function statementsOf(
  context: Context,
  databaseUrl: string,
  reads: readonly Read[],
): Promise<ReadonlyMap<string, number>> {
  const relay = await startRelay(databaseUrl);
  const gateway = await context.startGateway(relay.url, environment);
  try {
    const statements = new Map<string, number>();
    for (const { what, paths } of reads) {
      let least = Number.POSITIVE_INFINITY;
      for (let time = 0; time < 4; time += 1) {
        const before = relay.statements();
        await (await fetch(`${gateway.url}/api/v1${paths[0]}`)).arrayBuffer();
        least = Math.min(least, relay.statements() - before);
      }
      statements.set(what, least);
    }
    return statements;
  } finally {
    await gateway.stop();
    await relay.close();
  }
}
