import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFunctions } from '../../../build.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

type Handler = (event: APIGatewayProxyEvent, context: object) => Promise<APIGatewayProxyResult>;

let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kite-functions-'));
  await buildFunctions(folder);
  database = await createTestDatabase();
  await ensureHistory(database.sql, Date.now(), 180);
  process.env.DATABASE_URL = database.url;
}, 60_000);
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** The handler of a function as it is deployed: the bundle. */
async function bundled(name: string): Promise<Handler> {
  const { handler } = (await import(join(folder, name, 'index.mjs'))) as { handler: Handler };
  return handler;
}

/** An event as API Gateway sends it. */
function event(method: string, query: Record<string, string>, body: object | null): APIGatewayProxyEvent {
  return {
    httpMethod: method,
    headers: { 'Content-Type': 'application/json' },
    multiValueHeaders: { 'Content-Type': ['application/json'] },
    queryStringParameters: query,
    multiValueQueryStringParameters: Object.fromEntries(
      Object.entries(query).map(([name, value]) => [name, [value]]),
    ),
    pathParameters: null,
    stageVariables: null,
    path: '/',
    resource: '/',
    body: body === null ? null : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: 'request-1' },
  } as unknown as APIGatewayProxyEvent;
}

const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 10_000 };

describe('the functions as they are deployed', () => {
  test('each bundle by itself takes an API Gateway event and keeps its one connection', async () => {
    const fail = await bundled('webhooks/pipeline-failure');
    const list = await bundled('issues/list');
    const failure = { pipelineName: 'p', namespace: 'team-a', failureReason: 'boom', runId: 'run-1' };
    for (let call = 0; call < 3; call += 1) {
      const answer = await fail(event('POST', {}, failure), context);
      expect(answer).toMatchObject({ statusCode: 201, headers: { 'x-request-id': 'request-1' } });
    }
    const answer = await list(event('GET', { namespace: 'team-a' }, null), context);
    expect(JSON.parse(answer.body)).toMatchObject({ total: 1, data: [{ occurrences: 1 }] });
    const [connections] = await database.sql<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name = 'kite'`;
    // The list sends its two statements over one connection as well.
    expect(connections?.count).toBe(2);
  });

  test('one that needs no database is given none; one that does says so in the log, and no more to the caller', async () => {
    delete process.env.DATABASE_URL;
    const version = await (await bundled('version/get'))(event('GET', {}, null), context);
    expect(version).toMatchObject({ statusCode: 200 });
    const summary = await bundled('issues/summary');
    const answer = await summary(event('GET', { namespace: 'team-a' }, null), context);
    expect(answer).toMatchObject({ statusCode: 500, body: expect.not.stringContaining('DATABASE_URL') });
    process.env.DATABASE_URL = database.url;
  });

  test('an error has the one format', async () => {
    const fail = await bundled('webhooks/pipeline-failure');
    const answer = await fail(event('POST', {}, { namespace: 'team-a' }), context);
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_request', requestId: 'request-1' });
  });
});
