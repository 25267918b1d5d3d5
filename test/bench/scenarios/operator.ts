import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { findAssets, hasGo } from '../../cluster/assets.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { type KubeServer, startKubeServer } from '../../cluster/server.ts';
import { until } from '../../cluster/until.ts';
import { figure, median } from '../figures.ts';
import { Latencies } from '../load/latencies.ts';
import type { Context, Row, Scenario } from '../scenario.ts';
import { differences } from './operator/counts.ts';
import { type BenchOperator, type Machine, operatorMachine } from './operator/process.ts';
import { type Road, roadTo } from './operator/road.ts';
import { endOf, nameOf, namespaceNames, namespaceOf, putRuns, type Runs } from './operator/runs.ts';
import { allTaken, looked, ready } from './operator/waits.ts';

const megabyte = 2 ** 20;
/** Milliseconds between two looks at the operator's memory. */
const look = 250;
/** Writers of status at full speed. */
const writers = 24;
const definitions = ['pipelineruns.tekton.dev', 'taskruns.tekton.dev'];

/** What all phases have at hand. */
interface Bench {
  readonly context: Context;
  readonly server: KubeServer;
  readonly machine: Machine;
  readonly road: Road;
  readonly sql: postgres.Sql;
}

/** The operator beside a real API server, a real gateway and a real Postgres; all that is said of it is seen from outside. */
export const operator: Scenario = {
  name: 'operator',
  about:
    'the operator beside a real API server: first sync, restart, runs that end by the minute and at full speed',
  async *run(context) {
    if ((await findAssets()) === undefined) {
      if (await hasGo()) {
        throw new Error('There is no API server, though Go could build it: npm run cluster:build');
      }
      context.log('SKIPPED, neither an API server nor Go to build it: operator');
      return;
    }
    const postgresServer = await context.startPostgres();
    const gateway = await context.startGateway(postgresServer.url);
    const sql = postgres(postgresServer.url, { max: 1, onnotice: () => undefined });
    const road = await roadTo(gateway.url, context.log);
    try {
      for (const { flags, phases } of clusters) {
        const server = await startKubeServer({ flags });
        try {
          await installDefinitions(server.client, ...definitions);
          for (const name of namespaceNames()) {
            await server.client.must('POST', '/api/v1/namespaces', { metadata: { name } });
          }
          const folder = await context.temporaryFolder();
          const machine = await operatorMachine(folder, server.address, road.url);
          yield* phases({ context, server, machine, road, sql });
        } finally {
          await server.stop();
        }
      }
    } finally {
      await road.close();
      await sql.end({ timeout: 5 });
      await gateway.stop();
      await postgresServer.stop();
    }
  },
};

/**
 * Two clusters of their own. The second one has no cache of runs in its API server: each write of one would leave a copy
 * there for a minute, 5 GB of them.
 */
const clusters: readonly {
  readonly flags: readonly string[];
  readonly phases: (bench: Bench) => AsyncIterable<Row>;
}[] = [
  { flags: [], phases: syncs },
  { flags: ['--watch-cache-sizes=pipelineruns.tekton.dev#0'], phases: watches },
];

async function idle({ machine, context }: Bench): Promise<Row> {
  const operator = await machine.start();
  try {
    await ready(operator, context.signal);
    await pause(context.quick ? 500 : 10_000, undefined, { signal: context.signal });
    const memory = (await operator.rss()) / megabyte;
    return { what: 'memory of the operator with nothing to watch', unit: 'MB', values: [memory], errors: 0 };
  } finally {
    await operator.stop();
  }
}

/** All there is, at once: at the first start, and at others. */
async function* syncs(bench: Bench): AsyncIterable<Row> {
  const { context, server, road, sql } = bench;
  yield await idle(bench);
  const count = context.quick ? 400 : 10_000;
  const runs: Runs = { phase: 'first', count, from: Date.now() - 2 * count * 1_000 - 900_000, every: 2_000 };
  context.log(`${count} runs that have ended, with their TaskRuns`);
  await putRuns(server, runs, true, context.signal);
  await reload(server, context);

  const first = await timed(bench, count);
  const peak = (await first.operator.peak()) / megabyte;
  const settled = (await first.operator.rss()) / megabyte;
  const wrong = await differences(sql, runs);
  await first.operator.stop();
  const thousands = count.toLocaleString('en-US');
  yield {
    what: `first sync of ${thousands} runs that have ended with ${(3 * count).toLocaleString('en-US')} TaskRuns, until Kite has all`,
    unit: 's',
    values: [first.took],
    errors: first.lost + wrong.length,
    notes: wrong.slice(0, 5),
    requirement: { text: '< 30 s', met: first.took < 30 && first.lost + wrong.length === 0 },
  };
  yield {
    what: 'memory of the operator meanwhile, at the most',
    unit: 'MB',
    values: [peak],
    errors: 0,
    notes: [`${figure(settled)} MB when all is sent`],
    requirement: { text: '< 200 MB', met: peak < 200 },
  };

  const [took, peaks, sent]: [number[], number[], number[]] = [[], [], []];
  let errors = 0;
  for (let run = 0; run < context.runs; run += 1) {
    road.clear();
    const began = performance.now();
    const again = await bench.machine.start();
    try {
      await looked(again, count, context.signal);
      took.push((performance.now() - began) / 1_000);
      peaks.push((await again.peak()) / megabyte);
    } finally {
      await again.stop();
    }
    sent.push([...road.statuses.values()].reduce((sum, reports) => sum + reports, 0));
    errors += [...road.statuses.keys()].filter((status) => status !== 'duplicate').length;
  }
  const changed = await differences(sql, runs);
  yield {
    what: 'restart with nothing new, until it has looked at all runs, is ready and has nothing to send',
    unit: 's',
    values: took,
    errors: errors + changed.length,
    notes: [
      `memory at the most ${figure(median(peaks))} MB; ${sent.join(', ')} reports sent again`,
      ...changed.slice(0, 5),
    ],
    requirement: { text: '< 10 s', met: median(took) < 10 && errors + changed.length === 0 },
  };
}

/** Starts the API server anew, so that it knows all objects by one list of them, and waits until it can be asked for each. */
async function reload(server: KubeServer, { signal }: Context): Promise<void> {
  await server.kill('kube-apiserver', 'SIGTERM');
  await server.restart('kube-apiserver');
  const paths = [
    'pipelineruns?limit=1',
    'taskruns?limit=500&labelSelector=tekton.dev/pipelineRun=none',
  ].flatMap((query) => ['', '/namespaces/bench-0'].map((place) => `/apis/tekton.dev/v1${place}/${query}`));
  for (const path of paths) {
    await until(
      `${path} is answered`,
      async () => {
        signal.throwIfAborted();
        return (await server.client.call('GET', path)).status === 200;
      },
      180_000,
    );
  }
}

/** One operator that goes on, while runs end. */
async function* watches(bench: Bench): AsyncIterable<Row> {
  const { context, machine, road } = bench;
  road.clear();
  const operator = await machine.start();
  try {
    await ready(operator, context.signal);
    yield await minute(bench);
    road.clear();
    yield* storm(bench, operator);
  } finally {
    await operator.stop();
  }
}

/** A thousand runs that end within a minute. */
async function minute(bench: Bench): Promise<Row> {
  const { context, server, road, sql } = bench;
  const [count, seconds] = context.quick ? [60, 3] : [1_000, 60];
  const runs: Runs = { phase: 'minute', count, from: Date.now() - 1_800_000, every: 1_000 };
  await putRuns(server, runs, false, context.signal);
  context.log(`${count} runs end within ${seconds} s`);
  const written = new Map<string, number>();
  const began = performance.now();
  const writes: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const due = began + (index * seconds * 1_000) / count;
    await pause(Math.max(0, due - performance.now()), undefined, { signal: context.signal });
    written.set(nameOf(runs, index), performance.now());
    writes.push(end(server, runs, index));
  }
  await Promise.all(writes);
  const lost = await allTaken(road, count, context.signal);
  const latencies = new Latencies();
  for (const [name, at] of written) {
    const taken = road.taken.get(name);
    if (taken !== undefined) {
      latencies.add(taken - at, 0);
    }
  }
  const [p50 = 0, p99 = 0, most = 0] = latencies.percentiles(50, 99, 100);
  const wrong = await differences(sql, runs);
  return {
    what: `${count.toLocaleString('en-US')} runs end within ${seconds} s: from the write of the status to Kite’s 2xx`,
    unit: 'ms',
    values: [p50],
    p50: [p50],
    p99: [p99],
    errors: lost + wrong.length,
    notes: [`the slowest took ${figure(most)} ms`, ...wrong.slice(0, 5)],
    requirement: { text: 'p99 < 2,000 ms', met: p99 < 2_000 && lost + wrong.length === 0 },
  };
}

/** All runs end as fast as the API server takes it. */
async function* storm(bench: Bench, operator: BenchOperator): AsyncIterable<Row> {
  const { context, server, road, sql } = bench;
  const count = context.quick ? 400 : 10_000;
  const runs: Runs = { phase: 'storm', count, from: Date.now() - 3_600_000, every: 250 };
  await putRuns(server, runs, false, context.signal);
  context.log(`${count} runs end at full speed`);
  const samples: number[] = [];
  let isOver = false;
  const sampling = (async () => {
    while (!isOver) {
      samples.push((await operator.rss()) / megabyte);
      await pause(look);
    }
  })();
  const began = performance.now();
  let next = 0;
  const write = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      context.signal.throwIfAborted();
      await end(server, runs, index);
    }
  };
  let perSecond = 0;
  let behind = 0;
  let lost = 0;
  try {
    await Promise.all(Array.from({ length: writers }, write));
    const over = performance.now();
    perSecond = (count * 1_000) / (over - began);
    lost = await allTaken(road, count, context.signal);
    behind = Math.max(...road.taken.values()) - over;
  } finally {
    isOver = true;
    await sampling;
  }
  const wrong = await differences(sql, runs);
  const dropped = await operator.metric('reports_dropped_total');
  yield {
    what: `${count.toLocaleString('en-US')} runs end as fast as the API server takes it`,
    unit: 'writes/s',
    values: [perSecond],
    errors: lost + wrong.length + dropped,
    notes: [`Kite had the last one ${figure(behind / 1_000)} s after the last write`, ...wrong.slice(0, 5)],
    requirement: { text: 'nothing lost, exact counts', met: lost + wrong.length + dropped === 0 },
  };
  const third = Math.floor(samples.length / 3);
  const change = median(samples.slice(-third)) / median(samples.slice(third, 2 * third));
  yield {
    what: 'memory of the operator meanwhile: last third ÷ middle third',
    unit: '×',
    values: [change],
    errors: 0,
    notes: [`${figure(Math.max(...samples))} MB at the most`],
    requirement: { text: '≤ 1.1', met: change <= 1.1 },
  };
}

function end({ client }: KubeServer, runs: Runs, index: number): Promise<void> {
  const path = `/apis/tekton.dev/v1/namespaces/${namespaceOf(index)}/pipelineruns/${nameOf(runs, index)}/status`;
  return client.must('PATCH', path, { status: endOf(index, Date.now()) });
}

/** Starts an operator, and waits until it is ready and Kite has taken a report for each run. */
async function timed(
  bench: Bench,
  count: number,
): Promise<{ readonly operator: BenchOperator; readonly took: number; readonly lost: number }> {
  const began = performance.now();
  const operator = await bench.machine.start();
  try {
    const lost = await allTaken(bench.road, count, bench.context.signal);
    await ready(operator, bench.context.signal);
    return { operator, took: (performance.now() - began) / 1_000, lost };
  } catch (error) {
    await operator.stop().catch(() => undefined);
    throw error;
  }
}
