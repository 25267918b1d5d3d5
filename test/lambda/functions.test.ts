/** What Lambda does to a function beside calling it: it starts it anew, freezes it, ends it, and limits it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { OperationId } from '../../core/contract/operations.ts';
import { component, failing } from '../support/bodies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Kite, kiteOf } from '../support/kite.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { bundleFunctions } from './bundles.ts';
import { type LambdaFunction, lambdaFunction } from './function.ts';
import { requireRic } from './ric.ts';
import { mostAnswered } from './runtime-api.ts';
import { type FunctionsServer, startFunctions } from './server.ts';

let database: TestDatabase;
let relay: Relay;
let server: FunctionsServer;
let kite: Kite;

beforeAll(async () => {
  database = await createTestDatabase();
  relay = await startRelay(database.url);
  server = await startFunctions({
    databaseUrl: relay.url,
    env: { KITE_DATABASE_TIMEOUT: '1s' },
    timeout: 3_000,
  });
  kite = kiteOf(() => server);
});
afterAll(async () => {
  await server?.close();
  await relay?.close();
  await database?.drop();
});

const failure = { pipelineName: 'checkout', namespace: 'team-a', failureReason: 'OOMKilled' };

function deployed(operation: OperationId): LambdaFunction {
  const found = server.functions.get(operation);
  if (found === undefined) {
    throw new Error(`There is no function for ${operation}.`);
  }
  return found;
}

/** The process that answers an operation when nothing else goes on. */
function idle(operation: OperationId): number {
  return deployed(operation).idle.at(-1)?.pid ?? 0;
}

/** A function of this test's own, and what it wrote. */
async function own(code: string, settings: { readonly env?: Record<string, string>; timeout?: number } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'kite-function-'));
  await writeFile(join(directory, 'index.mjs'), code);
  const made = lambdaFunction(
    { name: 'own', directory, handler: 'index.handler', env: {}, memory: 128, timeout: 5_000, ...settings },
    { ric: await requireRic(), onLine: () => undefined },
  );
  onTestFinished(async () => {
    await made.stop();
    await rm(directory, { recursive: true });
  });
  return made;
}

describe('a process is kept, frozen, and replaced', () => {
  test('one process answers call after call, over one connection, though it is frozen in between', async () => {
    await kite.failure('pipeline-failure', failure);
    const first = idle('webhooks.pipeline-failure');
    const connections = () => database.sql<{ pid: number }[]>`
      select pid from pg_stat_activity where datname = current_database() and application_name = 'kite' order by pid`;
    const before = await connections();
    await kite.failure('pipeline-failure', failure);
    await kite.failure('pipeline-failure', failure);
    expect(idle('webhooks.pipeline-failure')).toBe(first);
    expect(await connections()).toEqual(before);
  });

  test('calls at once have a process each, which then stay', async () => {
    const answers = await Promise.all([1, 2].map(() => kite.get('/issues', { namespace: 'team-a' })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(deployed('issues.list').idle).toHaveLength(2);
  });

  test.each([
    [
      'closed',
      () => {
        relay.cut();
        relay.mend();
      },
    ],
    ['reset', () => relay.reset()],
  ])(
    'a connection that was %s while the process was frozen is opened anew, and nobody notices',
    async (_, end) => {
      const { id } = await kite.failure('pipeline-failure', failure);
      expect((await kite.issue(id)).id).toBe(id);
      const before = idle('issues.get');
      end();
      expect((await kite.issue(id)).id).toBe(id);
      const again = await kite.failure('pipeline-failure', failure);
      expect(again.id).toBe(id);
      expect(idle('issues.get')).toBe(before);
    },
  );

  test('one that is killed is replaced by the next call', async () => {
    expect((await kite.get('/version')).status).toBe(200);
    const before = idle('version.get');
    process.kill(before, 'SIGKILL');
    await expect.poll(() => deployed('version.get').idle.at(-1)?.isAlive).toBe(false);
    expect((await kite.get('/version')).status).toBe(200);
    expect(idle('version.get')).not.toBe(before);
  });
});

describe('the database', () => {
  test('away, it is told as 503 in time; back again, the same process goes on', async () => {
    const { id } = await kite.failure('pipeline-failure', failure);
    await kite.issue(id);
    const before = idle('issues.get');
    relay.cut();
    const answer = await kite.get(`/issues/${id}`);
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('2');
    relay.mend();
    expect((await kite.issue(id)).id).toBe(id);
    expect(idle('issues.get')).toBe(before);
  });

  test('silent, it is told as 503 before Lambda ends the process', async () => {
    const { id } = await kite.failure('pipeline-failure', failure);
    await kite.issue(id);
    const before = idle('issues.get');
    relay.mute();
    expect(await kite.get(`/issues/${id}`)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(idle('issues.get')).toBe(before);
    relay.reset();
    expect((await kite.issue(id)).id).toBe(id);
  });
});

describe('what gives no answer', () => {
  test('a function without KITE_ACCESS names it instead of being open to the world', async () => {
    const settings = {
      ...{ name: 'open', handler: 'index.handler', timeout: 5_000, memory: 256 },
      directory: join(await bundleFunctions(), 'issues/list'),
      env: { DATABASE_URL: database.url },
    };
    const open = lambdaFunction(settings, { ric: await requireRic(), onLine: () => undefined });
    onTestFinished(() => open.stop());
    await expect(open.invoke('{}')).rejects.toThrow('KITE_ACCESS is not set');
  });

  test('a module that throws while it is loaded is an error of the start', async () => {
    const broken = await own('throw new TypeError("no such place");');
    await expect(broken.invoke('{}')).rejects.toThrow('TypeError: no such place');
    await expect(broken.invoke('{}')).rejects.toThrow('TypeError: no such place');
  });

  test('a handler that throws is an error of the call, and its process stays', async () => {
    const thrower = await own(
      'export const handler = async ({ n }) => { if (n) throw new RangeError("n"); return 1; };',
    );
    expect(await thrower.invoke('{}')).toBe('1');
    const [before] = thrower.idle;
    await expect(thrower.invoke('{"n":1}')).rejects.toThrow('RangeError: n');
    expect(thrower.idle).toEqual([before]);
  });

  test('what takes too long is ended, and the next call has a new process', async () => {
    const slow = await own(
      'export const handler = (event) => event.wait ? new Promise(() => setInterval(() => {}, 1000)) : Promise.resolve(process.pid);',
      { timeout: 500 },
    );
    const first = await slow.invoke('{}');
    await expect(slow.invoke('{"wait":true}')).rejects.toThrow(
      /^Sandbox\.Timedout: RequestId: \S+ Error: Task timed out after 0\.50 seconds$/,
    );
    expect(await slow.invoke('{}')).not.toBe(first);
  });

  test('what ends itself is told with its exit status', async () => {
    const leaving = await own('export const handler = () => process.exit(3);');
    await expect(leaving.invoke('{}')).rejects.toThrow(/Runtime\.ExitError: .*exit status 3/);
  });

  test('an answer has 6 MB at the most', async () => {
    const wordy = await own('export const handler = async ({ length }) => "x".repeat(length);');
    const most = mostAnswered - 2;
    expect(await wordy.invoke(JSON.stringify({ length: most }))).toHaveLength(mostAnswered);
    await expect(wordy.invoke(JSON.stringify({ length: most + 1 }))).rejects.toThrow(
      'Function.ResponseSizeTooLarge',
    );
  });

  test('a page that would be larger is refused with what to ask for instead', async () => {
    const namespace = 'wordy';
    const description = 'x'.repeat(60_000);
    for (let batch = 0; batch < 2; batch += 1) {
      const reports = Array.from({ length: 55 }, (_, index) =>
        failing(namespace, index, { ...component(`c-${batch}-${index}`), description }),
      );
      await kite.reports(reports);
    }
    const page = await kite.get('/issues', { namespace, limit: '1000' });
    expect(page).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(page.body).toMatchObject({ details: [{ path: 'query.limit' }] });
    expect((await kite.list({ namespace, limit: '50' })).total).toBe(110);
  });

  test('an answer does not wait for what is still open', async () => {
    const open = await own('setInterval(() => {}, 60_000); export const handler = async () => "done";');
    expect(await open.invoke('{}')).toBe('"done"');
  });
});
