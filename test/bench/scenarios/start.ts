import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { figure, median } from '../figures.ts';
import type { BenchGateway, Context, Row, Scenario } from '../scenario.ts';
import { timeline } from '../turns.ts';

const megabyte = 2 ** 20;
const tag = 'bench-mix';
/** So many that an issue has some ten events, and a page of them is of the size that installations have. */
const keys = 10_000;
/** The part by which a third of the soak may differ from the one before. */
const tolerance = 0.1;
/** As `npm start` has them when nobody says otherwise. */
const defaults = { KITE_DATABASE_CONNECTIONS: '10', LOG_LEVEL: 'info' };

interface Sample {
  /** Seconds since the soak began. */
  readonly at: number;
  readonly megabytes: number;
  readonly connections: number;
}

/** How long Kite takes to be there, and what it takes to stay. */
export const start: Scenario = {
  name: 'start',
  about: 'from the start to the first answer, memory after 100,000 requests, a soak of mixed load',
  async *run(context) {
    yield* starts(context);
    const server = await context.startPostgres();
    const gateway = await context.startGateway(server.url, defaults);
    const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
    try {
      const time = timeline();
      const requests = context.quick ? 1000 : 100_000;
      const idle = (await gateway.rss()) / megabyte;
      context.log(`${requests} requests of mixed load`);
      const mix = { url: gateway.url, tag, work: { kind: 'mix' as const, keys }, warmUp: 0 };
      const first = await context.load({ ...mix, seed: 1, from: time.next, count: requests });
      const memory = (await gateway.rss()) / megabyte;
      yield {
        what: `memory of the gateway after ${requests.toLocaleString('en-US')} requests of mixed load`,
        unit: 'MB',
        values: [memory],
        p50: [first.p50],
        p99: [first.p99],
        errors: first.errors,
        notes: [`after the start: ${figure(idle)} MB; ${figure(first.perSecond)} req/s`, ...first.complaints],
        requirement: { text: '< 120 MB', met: memory < 120 },
      };
      yield* soak(context, sql, gateway, { ...mix, from: first.next });
    } finally {
      await sql.end({ timeout: 5 });
      await gateway.stop();
      await server.stop();
    }
  },
};

/** With an embedded database of its own, as `npm start` runs it. */
async function* starts(context: Context): AsyncIterable<Row> {
  const env = { ...defaults, KITE_DATA: await context.temporaryFolder() };
  const empty = await startToHealth(context, env);
  const reports = context.quick ? 1000 : 20_000;
  const { errors } = await context.load({
    ...{ url: empty.gateway.url, tag, seed: 1, from: timeline().next, connections: 4, warmUp: 0 },
    work: { kind: 'batches', keys: reports / 2, size: 100, order: 'in turn' },
    count: reports / 100,
  });
  await empty.gateway.stop();
  yield {
    what: 'start on an empty folder, until health answers',
    unit: 'ms',
    values: [empty.took],
    errors: 0,
  };
  const took: number[] = [];
  for (let run = 0; run < context.runs; run += 1) {
    const started = await startToHealth(context, env);
    took.push(started.took);
    await started.gateway.stop();
  }
  yield {
    what: `start with ${reports.toLocaleString('en-US')} reports there, until health answers`,
    unit: 'ms',
    values: took,
    errors,
    requirement: { text: '< 1,500 ms', met: median(took) < 1500 },
  };
}

async function startToHealth(
  context: Context,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly took: number; readonly gateway: BenchGateway }> {
  const began = performance.now();
  const gateway = await context.startGateway(undefined, env);
  const { status } = await fetch(`${gateway.url}/api/v1/health`);
  const took = performance.now() - began;
  if (status !== 200) {
    throw new Error(`Health answered ${status} after the start.`);
  }
  return { took, gateway };
}

async function* soak(
  context: Context,
  sql: postgres.Sql,
  gateway: BenchGateway,
  mix: Omit<Parameters<Context['load']>[0], 'seed'>,
): AsyncIterable<Row> {
  const minutes = context.quick ? 0.1 : context.soakMinutes;
  context.log(`${minutes} minutes of mixed load`);
  const loading = context.load({ ...mix, seed: 2, seconds: minutes * 60 });
  let isOver = false;
  const over = loading.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  const samples: Sample[] = [];
  const began = performance.now();
  while (!isOver) {
    await Promise.race([over, pause(Math.min(1000, minutes * 1000))]);
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity where application_name = 'kite'`;
    samples.push({
      at: (performance.now() - began) / 1000,
      megabytes: (await gateway.rss()) / megabyte,
      connections: row?.count ?? 0,
    });
  }
  const load = await loading;
  const what = (of: string) => `${of}, ${figure(minutes)} min of mixed load: last third ÷ middle third`;
  const memory = flatness(samples, (sample) => sample.megabytes);
  const connections = flatness(samples, (sample) => sample.connections);
  yield {
    what: what('memory'),
    unit: '×',
    values: [memory.change],
    p50: [load.p50],
    p99: [load.p99],
    errors: load.errors,
    notes: [
      `memory ${figure(memory.last)} MB at the end, ${memory.slope >= 0 ? '+' : ''}${figure(memory.slope)} MB a minute; ${load.requests.toLocaleString('en-US')} requests`,
      ...load.complaints,
    ],
    requirement: { text: '1 ± 0.1', met: Math.abs(memory.change - 1) <= tolerance },
  };
  yield {
    what: what('connections'),
    unit: '×',
    values: [connections.change],
    errors: 0,
    notes: [`${connections.last} connections at the end`],
    requirement: { text: '1 ± 0.1', met: Math.abs(connections.change - 1) <= tolerance },
  };
}

/** How the last third's median compares with the middle third's, and the slope of the least squares, a minute. */
function flatness(
  samples: readonly Sample[],
  of: (sample: Sample) => number,
): { readonly change: number; readonly slope: number; readonly last: number } {
  const third = Math.floor(samples.length / 3);
  const values = samples.map(of);
  const meanAt = samples.reduce((sum, { at }) => sum + at, 0) / samples.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / samples.length;
  const [over, under] = samples.reduce(
    ([top, bottom], sample) => [
      top + (sample.at - meanAt) * (of(sample) - mean),
      bottom + (sample.at - meanAt) ** 2,
    ],
    [0, 0],
  );
  return {
    change: median(values.slice(-third)) / median(values.slice(third, 2 * third)),
    slope: under === 0 ? 0 : (over / under) * 60,
    last: values.at(-1) ?? 0,
  };
}
