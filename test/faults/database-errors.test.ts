/**
 * Fault 4 of the public service: database errors in the success webhook answer 200 "Resolved 0 issue(s)", so
 * nobody retries. Here the database goes away in earnest, in three ways, and comes back.
 */
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { at, failing, freshNamespace } from '../support/bodies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Answer, expectError, type Kite, kiteOf } from '../support/kite.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { startServer } from '../support/server.ts';

let own: TestDatabase;
let relay: Relay;
let server: Awaited<ReturnType<typeof startServer>>;
let kite: Kite;

beforeAll(async () => {
  own = await createTestDatabase();
  relay = await startRelay(own.url);
  server = await startServer({
    databaseUrl: relay.url,
    env: { KITE_DATABASE_TIMEOUT: '500ms', KITE_REQUEST_TIMEOUT: '1s' },
  });
  kite = kiteOf(() => server);
});
afterEach(async () => {
  relay.mend();
  await admit(true);
});
afterAll(async () => {
  await server?.close();
  await relay?.close();
  await own?.drop();
});

/** Lets connections to the database in again, or throws everybody out and lets nobody in. */
async function admit(isOpen: boolean): Promise<void> {
  const name = new URL(own.url).pathname.slice(1);
  const admin = postgres(inject('databaseUrl'), { max: 1, onnotice: () => undefined });
  try {
    await admin.unsafe(`alter database "${name}" allow_connections ${isOpen}`);
    if (!isOpen) await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  } finally {
    await admin.end({ timeout: 5 });
  }
}

/** Expects what a caller needs to send the same again: 503, when, and nothing about the database's inside. */
function expectUnavailable(answer: Answer): void {
  const error = expectError(answer, 503);
  expect(error.code).toBe('unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.text).not.toContain('Resolved');
}

/** The same success every time, so that one which was done although its answer was lost is done once. */
function success(namespace: string): Promise<Answer> {
  const body = { pipelineName: 'checkout', namespace, runId: 'run-2', observedAt: at(60) };
  return kite.post('/webhooks/pipeline-success', body);
}

/** Sends a success until it is taken, as a client that honours Retry-After does. */
async function retried(namespace: string): Promise<unknown> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const answer = await success(namespace);
    if (answer.status === 200) return answer.body;
    expectUnavailable(answer);
    expect(Date.now()).toBeLessThan(deadline);
    await pause(100);
  }
}

async function failedPipeline(): Promise<string> {
  const namespace = freshNamespace();
  const failure = { pipelineName: 'checkout', namespace, failureReason: 'Failed', observedAt: at(0) };
  await kite.failure('pipeline-failure', failure);
  return namespace;
}

/** The same, for a database that may just have come back. */
async function failedPipelineAgain(): Promise<string> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(100)) {
    if ((await kite.get('/health/')).status === 200) return failedPipeline();
  }
  throw new Error('The server did not find its database again.');
}

const resolvedOne = { status: 'success', message: 'Resolved 1 issue(s) for pipeline checkout' };

describe('fault 4: a database error in the success webhook', () => {
  it('answers 503 with Retry-After while the network is gone, and resolves by itself once it is back', async () => {
    const namespace = await failedPipeline();
    relay.cut();
    for (let time = 0; time < 3; time += 1) expectUnavailable(await success(namespace));
    relay.mend();
    expect(await retried(namespace)).toEqual(resolvedOne);
  }, 40_000);

  it('answers 503 with Retry-After while Postgres lets nobody in, and resolves by itself afterwards', async () => {
    const namespace = await failedPipeline();
    await admit(false);
    for (let time = 0; time < 3; time += 1) expectUnavailable(await success(namespace));
    await admit(true);
    expect(await retried(namespace)).toEqual(resolvedOne);
  }, 40_000);

  it('answers 503 with Retry-After when the rows stay locked longer than the time it is given', async () => {
    const namespace = await failedPipeline();
    await own.sql.begin(async (other) => {
      await other`lock table issues in access exclusive mode`;
      const started = Date.now();
      expectUnavailable(await success(namespace));
      expect(Date.now() - started).toBeLessThan(5_000);
    });
    expect(await retried(namespace)).toEqual(resolvedOne);
  }, 40_000);

  it('never says "Resolved 0" when a table is missing, and works on once it is back', async () => {
    const namespace = await failedPipeline();
    await own.sql`alter table events rename to elsewhere`;
    try {
      const answer = await success(namespace);
      expectError(answer, 500, 503);
      expect(answer.text).not.toContain('Resolved');
    } finally {
      await own.sql`alter table elsewhere rename to events`;
    }
    const answer = await success(namespace);
    expect(answer.body).toEqual(resolvedOne);
  });
});

describe('while the database is away', () => {
  it('health says DOWN with 503, version goes on, and health is UP again by itself', async () => {
    relay.cut();
    const down = await kite.get('/health/');
    expect(down.status).toBe(503);
    expect(down.body).toMatchObject({
      status: 'DOWN',
      message: expect.any(String),
      components: { api: { status: 'UP' }, database: { status: 'DOWN' } },
    });
    expect((await kite.get('/version/')).status).toBe(200);
    relay.mend();
    await retried(freshNamespace());
    expect((await kite.get('/health/')).body).toMatchObject({ status: 'UP' });
  }, 40_000);

  it('every read and write answers 503 with Retry-After, and a batch applies none of its reports', async () => {
    const namespace = await failedPipeline();
    const [issue] = (await kite.list({ namespace })).data;
    relay.cut();
    const answers = await Promise.all([
      kite.get('/issues/', { namespace }),
      kite.get(`/issues/${issue?.id}`),
      kite.get('/issues/summary', { namespace }),
      kite.get(`/issues/${issue?.id}/events`),
      kite.post('/reports', { reports: [failing(namespace, 0), failing(namespace, 60)] }),
      kite.post('/webhooks/pipeline-failure', { pipelineName: 'a', namespace, failureReason: 'b' }),
      kite.get('/reports', { namespace, pipelineRun: 'run-1' }),
      kite.ask('POST', `/issues/${issue?.id}/resolve`),
      kite.ask('PUT', `/issues/${issue?.id}`, { body: { title: 'Edited' } }),
      kite.ask('DELETE', `/issues/${issue?.id}`),
    ]);
    const [batch] = answers.splice(4, 1);
    answers.forEach(expectUnavailable);
    // What was under way when the connection broke may have been applied: then the batch must not say 503.
    if (batch?.status === 504) {
      expect(expectError(batch, 504).code).toBe('outcome_unknown');
      expect(Number(batch.headers.get('retry-after'))).toBeGreaterThan(0);
    } else {
      if (batch === undefined) throw new Error('the batch was not answered');
      expectUnavailable(batch);
    }
    relay.mend();
    await retried(freshNamespace());
    expect((await kite.list({ namespace })).data).toEqual([issue]);
  }, 40_000);

  it('a batch that was answered with 503 is not applied behind the caller’s back once the database is there again', async () => {
    const namespace = await failedPipeline();
    const before = await own.sql`select count(*) from events`;
    relay.cut();
    // Time to notice, so that the next statement waits for a connection instead of failing on a broken one.
    await pause(100);
    expectUnavailable(
      await kite.post('/reports', { reports: [failing(namespace, 0), failing(namespace, 60)] }),
    );
    relay.mend();
    await retried(await failedPipelineAgain());
    await pause(1_500);
    expect((await kite.list({ namespace, issueType: 'build' })).total).toBe(0);
    expect(Number((await own.sql`select count(*) from events`)[0]?.count)).toBe(Number(before[0]?.count) + 2);
  }, 40_000);
});
