import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { dropHistory } from '../../../db/history/drop.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import { quarterOf } from '../../../db/history/quarters.ts';
import { median } from '../figures.ts';
import { type LoadResult, sliceLength } from '../load/plan.ts';
import type { Context, Scenario } from '../scenario.ts';
import { type Timeline, timeline } from '../turns.ts';

const day = 86_400_000;
const historyDays = 180;
/** How old the history is that is dropped, in days. */
const age = 300;
const tag = 'bench-retention';
/** Milliseconds that a report may wait while history is dropped. */
const patience = 250;

interface Dropped {
  /** Milliseconds. */
  readonly took: number;
  readonly partitions: number;
  /** The longest report that ended while history was dropped, or just after; and the longest before. */
  readonly slowest: number;
  readonly slowestBefore: number;
  readonly load: LoadResult;
}

/** History of a quarter is dropped while reports come. */
export const retention: Scenario = {
  name: 'retention',
  about: 'dropping 1,000,000 old events while reports come',
  async *run(context) {
    const server = await context.startPostgres();
    const gateway = await context.startGateway(server.url);
    const sql = postgres(server.url, { max: 4, onnotice: () => undefined });
    try {
      const events = context.quick ? 20_000 : 1_000_000;
      const keys = context.quick ? 200 : 10_000;
      const time = timeline();
      await makeIssues(context, gateway.url, keys, time);
      const all: Dropped[] = [];
      for (let run = 0; run < context.runs; run += 1) {
        context.log(`filling a quarter with ${events.toLocaleString('en-US')} events`);
        await fillQuarter(sql, events / keys);
        all.push(await dropMeanwhile(context, sql, gateway.url, time));
      }
      const took = all.map((dropped) => dropped.took);
      const slowest = all.map((dropped) => dropped.slowest);
      const errors = all.reduce(
        (sum, { load, partitions }) => sum + load.errors + (partitions > 0 ? 0 : 1),
        0,
      );
      yield {
        what: `dropping ${events.toLocaleString('en-US')} events`,
        unit: 'ms',
        values: took,
        errors,
        notes: all.flatMap(({ load }) => load.complaints).slice(0, 5),
        requirement: { text: '< 1,000 ms', met: median(took) < 1000 && errors === 0 },
      };
      yield {
        what: 'the longest report meanwhile, 16 callers',
        unit: 'ms',
        values: slowest,
        errors: 0,
        notes: [
          `the longest report before: ${all.map((dropped) => `${dropped.slowestBefore.toFixed(1)} ms`).join(', ')}`,
        ],
        requirement: { text: `< ${patience} ms`, met: median(slowest) < patience },
      };
    } finally {
      await sql.end({ timeout: 5 });
      await gateway.stop();
      await server.stop();
    }
  },
};

async function makeIssues(context: Context, url: string, keys: number, time: Timeline): Promise<void> {
  const made = await context.load({
    ...{ url, tag, seed: 1, from: time.next, connections: 4, warmUp: 0 },
    work: { kind: 'batches', keys, size: 100, order: 'in turn' },
    count: keys / 100,
  });
  time.next = made.next;
}

/** Reports that came before history is dropped beside the others. */
const enough = 300;

/** Copies an event of each issue into a quarter beyond the horizon, so many times. */
async function fillQuarter(sql: postgres.Sql, copies: number): Promise<void> {
  await ensureHistory(sql, Date.now(), age + 90);
  const { from } = quarterOf(Date.now() - age * day);
  await sql`
    insert into events
    select e.issue_key, old.at, int8send(${from}::bigint + copy) || gen_random_uuid()::text::bytea, e.kind, e.outcome,
      e.source, e.event_id || '/' || copy, gen_random_uuid(), e.anonymous, old.at, null, old.at, e.prior, e.effect,
      e.run_name, gen_random_uuid()::text, e.actor, e.content
    from (select distinct on (issue_key) * from events order by issue_key, filed_at desc) e
    cross join generate_series(1, ${copies}) as copy
    cross join lateral (select ${new Date(from).toISOString()}::timestamptz + copy * interval '1 second' as at) as old`;
  await sql`vacuum analyze`;
  await sql`checkpoint`;
}

async function dropMeanwhile(
  context: Context,
  sql: postgres.Sql,
  url: string,
  time: Timeline,
): Promise<Dropped> {
  const before = await received(sql);
  const loading = context.load({
    ...{ url, tag, seed: 1, from: time.next, warmUp: 0.5 },
    work: { kind: 'failures', keys: 1000, late: 0 },
    seconds: 4,
  });
  let isOver = false;
  // Whatever becomes of it is told where it is awaited.
  const over = loading.then(
    () => undefined,
    () => undefined,
  );
  void over.then(() => {
    isOver = true;
  });
  while ((await received(sql)) < before + enough) {
    if (isOver) {
      throw new Error(`Fewer than ${enough} reports came in time: there is nothing to drop history beside.`);
    }
    await Promise.race([over, pause(50)]);
    context.signal.throwIfAborted();
  }
  const started = Date.now();
  const began = performance.now();
  const partitions = await dropHistory(sql, started, historyDays);
  const took = performance.now() - began;
  const load = await loading;
  time.next = load.next;
  const longest = (from: number, until: number): number =>
    Math.max(0, ...load.slices.filter(({ at }) => at >= from && at < until).map((slice) => slice.slowest));
  return {
    took,
    partitions: partitions.length,
    slowest: longest(started - sliceLength, started + took + 2 * sliceLength),
    slowestBefore: longest(0, started - sliceLength),
    load,
  };
}

async function received(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ reports: number }[]>`
    select coalesce(sum(occurrences), 0)::int as reports from issues where namespace like ${`${tag}-%`}`;
  return row?.reports ?? 0;
}
