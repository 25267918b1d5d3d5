/**
 * The database answers, but slowly: somebody holds the row that everybody writes, or all connections are taken. Callers
 * are told when to come again instead of waiting for ever, no more of them wait than may, and what was refused has
 * changed nothing.
 */
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { at, failing, freshNamespace } from '../support/bodies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Answer, bodyOf, expectError, type Kite, kiteOf } from '../support/kite.ts';
import { startServer } from '../support/server.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

const connections = 4;
const mostInFlight = 12;

let own: TestDatabase;
/** Gives a statement half a second. */
let hasty: Server;
/** Gives it as long as a test may take, so that whatever is answered meanwhile was answered at once. */
let patient: Server;
let releases: (() => Promise<void>)[] = [];

beforeAll(async () => {
  own = await createTestDatabase();
  const common = {
    KITE_DATABASE_CONNECTIONS: String(connections),
    KITE_MAX_IN_FLIGHT: String(mostInFlight),
  };
  hasty = await startServer({
    databaseUrl: own.url,
    env: {
      ...common,
      KITE_DATABASE_TIMEOUT: '500ms',
      KITE_REQUEST_TIMEOUT: '1s',
      KITE_MAX_IN_FLIGHT: '1000',
    },
  });
  patient = await startServer({
    databaseUrl: own.url,
    env: { ...common, KITE_DATABASE_TIMEOUT: '2m', KITE_REQUEST_TIMEOUT: '2m' },
  });
});
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});
afterAll(async () => {
  await hasty?.close();
  await patient?.close();
  await own?.drop();
});

/** Holds the row of a pipeline in a transaction of its own, until it is let go or the test is over. */
async function holdRow(namespace: string): Promise<() => Promise<void>> {
  const other = postgres(own.url, { max: 1, onnotice: () => undefined });
  const session = await other.reserve();
  await session`begin`;
  const held = await session`select key from issues where namespace = ${namespace} for update`;
  expect(held).toHaveLength(1);
  return releasing(async () => {
    await session`rollback`;
    session.release();
    await other.end();
  });
}

/** Takes all connections of a server, as that many slow statements would. */
async function takeConnections(server: Server): Promise<() => Promise<void>> {
  const { sql } = server.database;
  await Promise.all(Array.from({ length: connections }, () => sql`select 1`));
  const taken = await Promise.all(Array.from({ length: connections }, () => sql.reserve()));
  return releasing(async () => {
    for (const one of taken) one.release();
  });
}

/** Does it once, at the test's end at the latest. */
function releasing(release: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  const once = () => {
    done ??= release();
    return done;
  };
  releases = [...releases, once];
  return once;
}

/** A failure of the one pipeline of a namespace; the same run is the same report. */
function fail(kite: Kite, namespace: string, run: number): Promise<Answer> {
  return kite.post('/webhooks/pipeline-failure', {
    pipelineName: 'checkout',
    namespace,
    failureReason: `Failed for the ${run}th time`,
    runId: `run-${run}`,
    observedAt: at(run),
  });
}

function expectUnavailable(answer: Answer): void {
  expect(expectError(answer, 503).code).toBe('unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

async function occurrences(namespace: string): Promise<number | undefined> {
  const [row] = await own.sql<{ occurrences: number }[]>`
    select occurrences from issues where namespace = ${namespace}`;
  return row?.occurrences;
}

/** How many sessions wait for a lock. */
async function waiting(): Promise<number> {
  const [row] = await own.sql<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  return row?.count ?? 0;
}

/** A namespace whose pipeline has failed once. */
async function hotNamespace(kite: Kite): Promise<string> {
  const namespace = freshNamespace();
  bodyOf(await fail(kite, namespace, 0), 201);
  return namespace;
}

const runs = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('while somebody holds the hot row', () => {
  it('every caller is answered 503 with Retry-After, nothing is applied, and the same again counts once', async () => {
    const kite = kiteOf(() => hasty);
    const namespace = await hotNamespace(kite);
    const release = await holdRow(namespace);
    const refused = await Promise.all(runs(24).map((run) => fail(kite, namespace, run)));
    for (const answer of refused) expectUnavailable(answer);
    await release();
    expect(await occurrences(namespace)).toBe(1);

    for (const answer of await Promise.all(runs(24).map((run) => fail(kite, namespace, run)))) {
      bodyOf(answer, 201);
    }
    expect(await occurrences(namespace)).toBe(25);
  }, 60_000);

  it('a batch that has the hot row among others is refused as a whole, and taken as a whole afterwards', async () => {
    const kite = kiteOf(() => hasty);
    const namespace = await hotNamespace(kite);
    const release = await holdRow(namespace);
    const hot = {
      issueType: 'pipeline',
      scope: { resourceType: 'pipelinerun', resourceName: 'checkout' },
    };
    const beside = freshNamespace();
    const reports = [failing(beside, 1), failing(namespace, 2, hot), failing(beside, 3)];
    expectUnavailable(await kite.post('/reports', { reports }));
    expect(await occurrences(beside)).toBeUndefined();
    await release();
    expect(await kite.statuses(...reports)).toEqual(['opened', 'updated', 'updated']);
    expect(await occurrences(namespace)).toBe(2);
    expect(await occurrences(beside)).toBe(2);
  }, 60_000);

  it('no more requests wait than may: those beyond are refused while the others still wait', async () => {
    const kite = kiteOf(() => patient);
    const namespace = await hotNamespace(kite);
    const release = await holdRow(namespace);
    const answers: Answer[] = [];
    const all = runs(5 * mostInFlight).map(async (run) => {
      const answer = await fail(kite, namespace, run);
      answers.push(answer);
      return answer;
    });
    await expect.poll(() => answers.length, { timeout: 30_000 }).toBe(4 * mostInFlight);
    for (const answer of answers) expectUnavailable(answer);
    await expect.poll(waiting, { timeout: 30_000 }).toBe(connections);

    await release();
    const taken = (await Promise.all(all)).filter(({ status }) => status === 201);
    expect(taken).toHaveLength(mostInFlight);
    expect(await occurrences(namespace)).toBe(1 + mostInFlight);
    bodyOf(await fail(kite, namespace, 1000), 201);
  }, 120_000);
});

describe('while all connections are taken', () => {
  it('every kind of request is answered 503 with Retry-After, and works by itself once they are free', async () => {
    const kite = kiteOf(() => hasty);
    const namespace = await hotNamespace(kite);
    const { id } = (await kite.list({ namespace })).data[0] ?? { id: '' };
    const batch = { reports: [failing(namespace, 1), failing(namespace, 2)] };
    const ask = (): Promise<Answer[]> =>
      Promise.all([
        fail(kite, namespace, 1),
        kite.post('/reports', batch),
        kite.get('/issues', { namespace }),
        kite.get('/issues/summary', { namespace }),
        kite.get('/reports', { namespace, pipelineRun: 'run-1' }),
        kite.get(`/issues/${id}`),
        kite.get(`/issues/${id}/events`),
      ]);
    const release = await takeConnections(hasty);
    for (const answer of await ask()) expectUnavailable(answer);
    await release();
    expect(await kite.events(id)).toHaveLength(1);

    const statuses = (await ask()).map(({ status }) => status);
    expect(statuses).toEqual([201, 200, 200, 200, 200, 200, 200]);
    expect(await kite.events(id)).toHaveLength(2);
  }, 60_000);

  it('requests whose time is over count as waiting until they are out of the way, and no more wait than may', async () => {
    const impatient = await startServer({
      databaseUrl: own.url,
      env: {
        KITE_DATABASE_CONNECTIONS: String(connections),
        KITE_DATABASE_TIMEOUT: '500ms',
        KITE_REQUEST_TIMEOUT: '1s',
        KITE_MAX_IN_FLIGHT: String(mostInFlight),
      },
    });
    try {
      const kite = kiteOf(() => impatient);
      const namespace = await hotNamespace(kite);
      const release = await takeConnections(impatient);
      const read = (): Promise<Answer> => kite.get('/issues', { namespace });
      for (const answer of await Promise.all(runs(mostInFlight).map(read))) expectUnavailable(answer);
      // Their statements still stand in the queue for a connection: nobody is let in behind them.
      const late = await read();
      expectUnavailable(late);
      expect(late.text).toContain('at work here already');
      await release();
      await expect.poll(async () => (await read()).status, { timeout: 30_000 }).toBe(200);
    } finally {
      for (const release of releases.splice(0)) await release();
      await impatient.close();
    }
  }, 60_000);
});
