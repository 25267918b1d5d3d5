import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { call } from '../support/http.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { startServer, type TestServer } from '../support/server.ts';

let database: TestDatabase;
let relay: Relay;
let server: TestServer;

beforeAll(async () => {
  database = await createTestDatabase();
  relay = await startRelay(database.url);
  server = await startServer({ databaseUrl: relay.url, env: { KITE_DATABASE_CONNECTIONS: '1' } });
});
afterAll(async () => {
  await server.close();
  await relay.close();
  await database.drop();
});

/** Loses the database's answer to a request after the database has done what it asks. */
async function losing(path: string, body: object, name: string) {
  // The one connection knows the statement: it is sent whole, and waits for nothing but its answer.
  const known = { pipelineName: 'known', namespace: 'ns', failureReason: 'boom' };
  await call(server.url, 'POST', '/api/v1/webhooks/pipeline-failure', { body: known });
  relay.mute();
  const answer = call(server.url, 'POST', path, { body });
  const kept = async () =>
    (
      await database.sql`select 1 from events e join issues i on i.key = e.issue_key where i.resource_name = ${name}`
    ).length;
  await expect.poll(kept, { interval: 5, timeout: 10_000 }).toBeGreaterThan(0);
  relay.cut();
  relay.mend();
  return answer;
}

describe('when the database has done it but its answer was lost, the caller is told what is true', () => {
  test('a failure without any id counts once', async () => {
    const pipelineName = `p-${randomUUID()}`;
    const answer = await losing(
      '/api/v1/webhooks/pipeline-failure',
      { pipelineName, namespace: 'ns', failureReason: 'boom' },
      pipelineName,
    );
    expect(answer).toMatchObject({ status: 201, body: { issue: { occurrences: 1, state: 'ACTIVE' } } });
  });

  test('a batch is answered, and each of its reports counts once', async () => {
    const name = `s-${randomUUID()}`;
    const report = {
      namespace: 'ns',
      scope: { resourceType: 'snapshot', resourceName: name },
      issueType: 'test',
      outcome: 'failing',
      source: 'ci',
      title: 't',
      description: 'd',
      severity: 'minor',
    };
    const answer = await losing(
      '/api/v1/reports',
      { reports: [report, { ...report, eventId: 'e-1' }] },
      name,
    );
    expect(answer).toMatchObject({
      status: 200,
      body: { results: [{ status: 'duplicate' }, { status: 'duplicate' }] },
    });
    const listed = await call(server.url, 'GET', '/api/v1/issues', {
      query: { namespace: 'ns', resourceName: name },
    });
    expect(listed.body).toMatchObject({ total: 1, data: [{ occurrences: 2 }] });
  });
});

describe('when the database does not answer at all', () => {
  test('health says so in its own form, long before the request runs out of time', async () => {
    await call(server.url, 'GET', '/api/v1/health');
    relay.mute();
    const started = performance.now();
    const answer = await call(server.url, 'GET', '/api/v1/health');
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(answer).toMatchObject({
      status: 503,
      body: { status: 'DOWN', components: { api: { status: 'UP' }, database: { status: 'DOWN' } } },
    });
    relay.cut();
    relay.mend();
    await expect
      .poll(async () => (await call(server.url, 'GET', '/api/v1/health')).status, {
        interval: 20,
        timeout: 10_000,
      })
      .toBe(200);
  });
});
