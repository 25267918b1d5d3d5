import postgres from 'postgres';
import { median, ratio } from '../figures.ts';
import type { Context, Requirement, Row, Scenario } from '../scenario.ts';
import { type Addresses, inTurn, rowOf, type Share, type Timeline, timeline } from '../turns.ts';

/** What is measured, and what is asked of it. */
interface Measure {
  readonly what: string;
  readonly unit: 'req/s' | 'reports/s';
  readonly work: Share['work'];
  readonly tag: string;
  readonly require?: (row: Row) => Requirement;
}

const existing = { tag: 'bench-existing', keys: 100_000, batch: 500 };

function measures(keys: number): readonly Measure[] {
  const single = { unit: 'req/s' } as const;
  const batches = { unit: 'reports/s', require: fast } as const;
  return [
    {
      ...single,
      what: 'one failing webhook, new keys',
      work: { kind: 'failures', keys: 'new', late: 0 },
      tag: 'bench-new',
      require: halfAndSteady,
    },
    {
      ...single,
      what: 'one failing webhook, 1,000 rotating keys',
      work: { kind: 'failures', keys: 1000, late: 0 },
      tag: 'bench-rotating',
      require: halfAndSteady,
    },
    {
      ...single,
      what: 'one failing webhook, 1,000 rotating keys, 10 % late',
      work: { kind: 'failures', keys: 1000, late: 0.1 },
      tag: 'bench-late',
    },
    {
      ...single,
      what: 'one failing webhook, 1,000 rotating keys, other words each time',
      work: { kind: 'failures', keys: 1000, late: 0, novel: true },
      tag: 'bench-novel',
    },
    {
      ...single,
      what: 'one failing webhook, one hot key',
      work: { kind: 'failures', keys: 1, late: 0 },
      tag: 'bench-one',
      require: (row) => ofLimit(row, 0.8),
    },
    {
      ...batches,
      what: `batches of 100, ${keys.toLocaleString('en-US')} existing keys`,
      work: { kind: 'batches', keys, size: 100, order: 'drawn' },
      tag: existing.tag,
    },
    {
      unit: 'reports/s',
      what: 'the same, other words each time',
      work: { kind: 'batches', keys, size: 100, order: 'drawn', novel: true },
      tag: existing.tag,
    },
    {
      ...batches,
      what: 'batches of 100, one hot key',
      work: { kind: 'batches', keys: 1, size: 100, order: 'drawn' },
      tag: 'bench-packed',
    },
  ];
}

function ofLimit(row: Row, part: number): Requirement {
  return {
    text: `≥ ${part * 100} % of the limit`,
    met: ratio(row.values, row.limit?.values ?? []) >= part,
  };
}

function halfAndSteady(row: Row): Requirement {
  const { text, met } = ofLimit(row, 0.5);
  return { text: `${text}, p99 < 8 × p50`, met: met && ratio(row.p99 ?? [], row.p50 ?? []) < 8 };
}

function fast(row: Row): Requirement {
  return { text: '≥ 20,000 reports/s, exact', met: median(row.values) >= 20_000 && row.errors === 0 };
}

/** Reports by webhook and in batches, beside the same statements without HTTP; afterwards every report must be counted. */
export const ingest: Scenario = {
  name: 'ingest',
  about: 'failing webhooks and batches, beside the same statements sent straight to Postgres',
  async *run(context) {
    const server = await context.startPostgres();
    const gateway = await context.startGateway(server.url);
    const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
    try {
      const time = timeline();
      const keys = context.quick ? 2000 : existing.keys;
      const addresses = { kite: gateway.url, limit: server.url };
      let made = 0;
      for (const measure of measures(keys)) {
        context.log(measure.what);
        if (measure.tag === existing.tag && made === 0) {
          made = await makeExisting(context, gateway.url, keys, time);
        }
        await settle(sql);
        const isWebhook = measure.work.kind === 'failures';
        yield await measured(
          context,
          { ...addresses, against: isWebhook ? context.against : undefined },
          measure,
          time,
          async (reports) => {
            if (measure.tag !== existing.tag) {
              return counted(sql, measure.tag, reports);
            }
            made += reports;
            return counted(sql, measure.tag, made);
          },
        );
      }
    } finally {
      await sql.end({ timeout: 5 });
      await gateway.stop();
      await server.stop();
    }
  },
};

async function measured(
  context: Context,
  addresses: Addresses,
  measure: Measure,
  time: Timeline,
  check: (reports: number) => Promise<string | null>,
): Promise<Row> {
  const turns = await inTurn(
    context,
    addresses,
    {
      work: measure.work,
      tag: measure.tag,
      seconds: context.quick ? 0.3 : 4,
      warmUp: context.quick ? 0.1 : 1.5,
    },
    time,
  );
  const wrong = await check(turns.reports);
  const plain = rowOf(measure.what, measure.unit, turns);
  const row = {
    ...plain,
    errors: plain.errors + (wrong === null ? 0 : 1),
    notes: [...(plain.notes ?? []), ...(wrong === null ? [] : [wrong])],
  };
  return measure.require === undefined ? row : { ...row, requirement: measure.require(row) };
}

/** Reports each key once, so that the batches that follow meet them. */
async function makeExisting(context: Context, url: string, keys: number, time: Timeline): Promise<number> {
  const { next, reports, errors, complaints } = await context.load({
    url,
    work: { kind: 'batches', keys, size: existing.batch, order: 'in turn' },
    tag: existing.tag,
    seed: 1,
    from: time.next,
    connections: 4,
    count: keys / existing.batch,
    warmUp: 0,
  });
  if (errors > 0) {
    throw new Error(`The existing keys could not be made: ${complaints.join('; ')}`);
  }
  time.next = next;
  return reports;
}

/** What is wrong with the count of reports; null when it is exact. */
async function counted(sql: postgres.Sql, tag: string, reports: number): Promise<string | null> {
  const [row] = await sql<{ occurrences: number; events: number }[]>`
    select coalesce(sum(occurrences), 0)::int as occurrences,
      (select count(*)::int from events where issue_key in (select key from issues where namespace like ${`${tag}-%`}))
        as events
    from issues where namespace like ${`${tag}-%`}`;
  const { occurrences = 0, events = 0 } = row ?? {};
  return occurrences === reports && events === reports
    ? null
    : `${reports} reports were sent, ${occurrences} occurrences and ${events} events are there`;
}

/** What the database does by itself every few minutes, so that no row is measured while it does. */
async function settle(sql: postgres.Sql): Promise<void> {
  await sql`vacuum analyze`;
  await sql`checkpoint`;
}
