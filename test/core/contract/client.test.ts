import { describe, expect, test } from 'vitest';
import { fetch as smallFetch } from '../../../clients/cli/net/fetch.ts';
import { KiteApiError } from '../../../core/contract/client/failures.ts';
import { routes } from '../../../core/contract/client/routes.ts';
import type { Attempt } from '../../../core/contract/client.ts';
import { operations } from '../../../core/contract/operations.ts';
import { failing, freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { down, failureOf, hangUp, json, page, useAnswering } from './answering.ts';

const ear = useAnswering();
const list = (query = {}) => ear.client().call('issues.list', { query });

describe.each([
  ['the fetch of Node', globalThis.fetch],
  ['that of the command line', smallFetch],
])('against the real server, over %s', (_, fetch) => {
  const kite = useKite();

  test('every word goes out and comes back', async () => {
    const namespace = `${freshNamespace()} ä&=%`;
    const real = ear.client({ url: kite.server.url, fetch });
    const created = await real.call('issues.create', {
      body: issueBody(namespace, { title: 'Ä 결제 "quoted"' }) as never,
    });
    expect(created.status).toBe(201);
    const id = created.body?.id ?? '';
    const found = await real.call('issues.list', {
      query: { namespace, severity: ['major', 'critical'], limit: 10, search: 'Ä 결제', cursor: undefined },
    });
    expect(found.body.data).toEqual([await kite.issue(id)]);
    expect(found.requestId).toMatch(/\S/);
    expect((await real.call('issues.resolve', { params: { id } })).body.state).toBe('RESOLVED');
    const applied = await real.call('reports.apply', { body: { reports: [failing(namespace, 1), {}] } });
    expect(applied.body.results.map(({ status }) => status)).toEqual([expect.any(String), 'rejected']);
    expect((await real.call('health.get', {})).body.status).toBe('UP');
    expect((await real.call('root.get', {})).body.name).toBe('Kite');
    expect(await real.call('issues.delete', { params: { id } })).toMatchObject({
      status: 204,
      body: undefined,
    });
    const gone = await failureOf(real.call('issues.get', { params: { id } }));
    expect(gone).toBeInstanceOf(KiteApiError);
    expect(gone).toMatchObject({ status: 404, code: 'not_found' });
    const wrong = await failureOf(real.call('issues.list', { query: { limit: 0, namespace: 'x' } }));
    expect(wrong).toMatchObject({
      status: 400,
      code: 'invalid_request',
      details: [{ path: expect.any(String) }],
    });
  });
});

test('the routes are the table without its forms', () => {
  expect(Object.keys(routes)).toEqual(Object.keys(operations));
  expect(routes['issues.list']).toEqual({
    method: 'GET',
    path: '/api/v1/issues',
    takesKey: false,
    isReport: false,
    answers: { 200: ['data', 'total', 'limit', 'offset', 'nextCursor'] },
  });
  expect(routes['issues.create'].answers).toEqual({ 201: null });
  expect(routes['keys.revoke'].answers).toEqual({ 204: null });
});

test('the address may have a path of its own, and /api/v1 or not', async () => {
  ear.replies = [json(200, page)];
  for (const given of ['', '/', '/api/v1', '/api/v1/', '/k8s/kite', '/k8s/kite/api/v1']) {
    await ear.client({ url: `${ear.url}${given}` }).call('issues.list', {});
  }
  expect(ear.seen.map(({ url: path }) => path)).toEqual([
    ...['/api/v1/issues', '/api/v1/issues', '/api/v1/issues', '/api/v1/issues'],
    ...['/k8s/kite/api/v1/issues', '/k8s/kite/api/v1/issues'],
  ]);
  expect(() => ear.client({ url: 'ftp://kite' })).toThrow('is not an http or https URL');
});

test('the token is asked for at each call, and sent as it is', async () => {
  ear.replies = [json(200, page)];
  let asked = 0;
  const known = ear.client({
    token: async () => {
      asked += 1;
      return asked === 1 ? 'abc' : null;
    },
  });
  await known.call('issues.list', {});
  await known.call('issues.list', {});
  expect(ear.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer abc', undefined]);
});

describe('retrying', () => {
  test('what may pass is waited for, twice as long each time, and no more than four times', async () => {
    ear.replies = [down];
    expect(await failureOf(list())).toMatchObject({ status: 503, code: 'unavailable' });
    expect(ear.seen).toHaveLength(4);
    expect(ear.slept).toEqual([125, 250, 500]);
  });

  test.each([408, 429, 500, 502, 503, 504])('%i is asked again', async (status) => {
    ear.replies = [json(status, { message: 'no' }), json(200, page)];
    expect((await list()).status).toBe(200);
  });

  test.each([400, 401, 403, 404, 409, 413, 415, 431])('%i is not', async (status) => {
    ear.replies = [json(status, { message: 'no' })];
    expect(await failureOf(list())).toMatchObject({ status, code: null });
    expect(ear.seen).toHaveLength(1);
  });

  test('Retry-After is waited for, in seconds or as a date, and too long is too long', async () => {
    const at = 'Sat, 31 Jan 2026 08:00:03 GMT';
    ear.replies = [
      json(429, { message: 'no' }, { 'retry-after': '2' }),
      json(503, { message: 'no' }, { 'retry-after': at }),
      json(200, page),
    ];
    await list();
    expect(ear.slept).toEqual([2125, 3250]);
    ear.replies = [json(503, { message: 'no' }, { 'retry-after': '3600' })];
    expect(await failureOf(list())).toMatchObject({ status: 503 });
    expect(ear.slept).toHaveLength(2);
  });

  test('a connection that ends is tried again', async () => {
    ear.replies = [hangUp, json(200, page)];
    expect((await list()).status).toBe(200);
  });

  test('what a person does carries one key through all attempts', async () => {
    ear.replies = [hangUp, down, json(404, { message: 'There is no such thing.', code: 'not_found' })];
    await failureOf(ear.client().call('issues.resolve', { params: { id: 'x' } }));
    expect(ear.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['id-1', 'id-1', 'id-1']);
  });

  test('a message with an id of its own has no key, since a key would go before its run', async () => {
    ear.replies = [down];
    const body = { pipelineName: 'p', namespace: 'n', failureReason: 'r' };
    for (const own of [{ runId: 'run' }, { eventId: 'event' }]) {
      await failureOf(ear.client().call('webhooks.pipeline-failure', { body: { ...body, ...own } }));
    }
    expect(ear.seen).toHaveLength(8);
    expect(new Set(ear.seen.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set([undefined]));
    ear.seen.length = 0;
    await failureOf(ear.client().call('webhooks.pipeline-failure', { body }));
    expect(ear.seen.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'id-1',
      'id-1',
      'id-1',
      'id-1',
    ]);
  });

  test('a batch is sent again only where each report has an id', async () => {
    ear.replies = [down];
    await failureOf(
      ear.client().call('reports.apply', { body: { reports: [{ eventId: 'a' }, { runId: 'b' }] } }),
    );
    expect(ear.seen).toHaveLength(4);
    ear.seen.length = 0;
    await failureOf(ear.client().call('reports.apply', { body: { reports: [{ eventId: 'a' }, {}] } }));
    expect(ear.seen).toHaveLength(1);
    expect(ear.seen[0]?.headers['idempotency-key']).toBeUndefined();
  });

  test('what cannot be told apart is sent again only when it was turned away', async () => {
    const create = () =>
      failureOf(ear.client().call('keys.create', { body: { name: 'x', namespaces: ['*'], may: ['read'] } }));
    ear.replies = [down];
    await create();
    expect(ear.seen).toHaveLength(1);
    ear.replies = [hangUp];
    await create();
    expect(ear.seen).toHaveLength(2);
    ear.replies = [json(429, { message: 'slowly' })];
    await create();
    expect(ear.seen).toHaveLength(6);
  });

  test('who gives up while it waits gets their own reason', async () => {
    ear.replies = [down];
    const stop = new AbortController();
    const waiting = ear.client({
      surroundings: {
        now: Date.now,
        random: () => 0.5,
        newId: () => 'id',
        sleep: async (_, signal) => {
          stop.abort(new Error('enough'));
          signal?.throwIfAborted();
        },
      },
    });
    const error = await failureOf(waiting.call('issues.list', {}, { signal: stop.signal }));
    expect(error).toMatchObject({ message: 'enough' });
    expect(ear.seen).toHaveLength(1);
  });

  test('each attempt can be listened to, and none tells the token', async () => {
    ear.replies = [down, json(200, page, { 'x-request-id': 'r-1' })];
    const attempts: Attempt[] = [];
    await ear
      .client({ token: async () => 'secret', onAttempt: (one) => attempts.push(one) })
      .call('issues.list', {});
    expect(attempts.map(({ outcome, next, requestId }) => [outcome, next, requestId])).toEqual([
      [503, 125, null],
      [200, null, 'r-1'],
    ]);
    expect(JSON.stringify(attempts)).not.toContain('secret');
  });
});
