/** Routes, methods and ids: what exists answers with and without a slash, what does not says so, never with a redirect or a 5xx. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { freshNamespace, issueBody } from '../../support/bodies.ts';
import { type Ask, expectError, send, useKite } from '../../support/kite.ts';

const kite = useKite();
const unknown = randomUUID();

/** Every route of the contract and beyond it, with the methods that it takes. */
const routes: readonly (readonly [string, readonly string[]])[] = [
  ['/health', ['GET']],
  ['/version', ['GET']],
  ['/openapi.json', ['GET']],
  ['/issues', ['GET', 'POST']],
  ['/issues/summary', ['GET']],
  [`/issues/${unknown}`, ['GET', 'PUT', 'DELETE']],
  [`/issues/${unknown}/resolve`, ['POST']],
  [`/issues/${unknown}/reopen`, ['POST']],
  [`/issues/${unknown}/events`, ['GET']],
  [`/issues/${unknown}/links`, ['POST']],
  [`/issues/${unknown}/related`, ['POST']],
  [`/issues/${unknown}/related/${unknown}`, ['DELETE']],
  ['/reports', ['GET', 'POST']],
  ['/webhooks/pipeline-failure', ['POST']],
  ['/webhooks/pipeline-success', ['POST']],
  ['/webhooks/mintmaker-custom', ['POST']],
  ['/webhooks/release-failure', ['POST']],
  ['/webhooks/release-success', ['POST']],
];

describe.each(routes)('%s', (path, methods) => {
  it('answers the same with and without a trailing slash, and is a route', async () => {
    for (const method of methods) {
      const query = { query: { namespace: 'any' } };
      const body = method === 'POST' || method === 'PUT' ? { body: {} } : {};
      const bare = await kite.ask(method, path, { ...query, ...body });
      const slashed = await kite.ask(method, `${path}/`, { ...query, ...body });
      expect(slashed.status).toBe(bare.status);
      expect([405, 500, 503]).not.toContain(bare.status);
      for (const answer of [bare, slashed])
        expect(answer.body).not.toMatchObject({ code: 'route_not_found' });
    }
  });

  it('answers 405 to every other method, and Allow names those that it takes', async () => {
    const others = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((method) => !methods.includes(method));
    for (const method of others) {
      for (const place of [path, `${path}/`]) {
        const answer = await kite.ask(method, place, method === 'GET' ? {} : { body: {} });
        expect(expectError(answer, 405).code).toBe('method_not_allowed');
        const allow = (answer.headers.get('allow') ?? '').split(/\s*,\s*/);
        expect(allow).toEqual(expect.arrayContaining([...methods]));
        expect(allow).not.toContain(method);
      }
    }
  });
});

describe('a route that does not exist', () => {
  it.each([
    '/api/v1',
    '/api/v1/nothing',
    '/api/v1/issue',
    '/api/v1/Issues',
    '/api/v1/webhooks',
    '/api/v1/webhooks/nothing',
    `/api/v1/issues/${unknown}/nothing`,
    `/api/v1/issues/${unknown}/related/${unknown}/more`,
    '/api/v2/issues',
    '/issues',
    '/api',
    '/index.php',
    '/api/v1/%2e%2e/%2e%2e/etc/passwd',
    '/api/v1/health/../../../etc/passwd',
    '/%00',
    '/%E0%A4%A',
    `/${'x'.repeat(5_000)}`,
  ])('%s is answered with 404 for every method, in the one form of errors', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      expectError(await send(kite.server.url, method, path), 404, ...(path.includes('%') ? [400] : []));
    }
  });

  it('GET / says what this is and where its documents are', async () => {
    const answer = await send(kite.server.url, 'GET', '/');
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('openapi.json');
  });
});

describe('an id', () => {
  const wrong = [
    'not-a-uuid',
    '0',
    '-1',
    'null',
    '018f3c1e',
    `${unknown}0`,
    unknown.slice(0, -1),
    unknown.replaceAll('-', ''),
    `{${unknown}}`,
    "'; drop table issues; --",
    '../issues',
    'a\u0000b',
    'x'.repeat(5_000),
    '%',
  ].map((id) => encodeURIComponent(id));
  const uses: readonly { method: string; path: string; ask: Ask }[] = [
    { method: 'GET', path: '/issues/{id}', ask: {} },
    { method: 'PUT', path: '/issues/{id}', ask: { body: { title: 'Mine' } } },
    { method: 'DELETE', path: '/issues/{id}', ask: {} },
    { method: 'POST', path: '/issues/{id}/resolve', ask: {} },
    { method: 'POST', path: '/issues/{id}/reopen', ask: {} },
    { method: 'GET', path: '/issues/{id}/events', ask: {} },
    {
      method: 'POST',
      path: '/issues/{id}/links',
      ask: { body: { title: 'Logs', url: 'https://logs.example/1' } },
    },
    { method: 'POST', path: '/issues/{id}/related', ask: { body: { relatedId: randomUUID() } } },
    { method: 'DELETE', path: `/issues/{id}/related/${randomUUID()}`, ask: {} },
    { method: 'DELETE', path: `/issues/${unknown}/related/{id}`, ask: {} },
  ];

  it.each(uses)('$method $path answers 400 or 404 where it is not a UUID', async ({ method, path, ask }) => {
    for (const id of wrong) {
      expectError(await kite.ask(method, path.replace('{id}', id), ask), 400, 404);
    }
  });

  it.each(uses)('$method $path answers 404 where it names nothing', async ({ method, path, ask }) => {
    expect(expectError(await kite.ask(method, path.replace('{id}', unknown), ask), 404).code).toBe(
      'not_found',
    );
  });

  it('of a relation answers 400 or 404 in a body where it is not a UUID', async () => {
    const { id } = await kite.create(issueBody(freshNamespace()));
    for (const relatedId of ['', 'not-a-uuid', `${unknown}0`, 'a\u0000b', 'x'.repeat(5_000)]) {
      expectError(await kite.post(`/issues/${id}/related`, { relatedId }), 400, 404);
    }
  });

  it('means the same in capitals', async () => {
    const created = await kite.create(issueBody(freshNamespace()));
    expect(await kite.issue(created.id.toUpperCase())).toEqual(created);
  });
});

describe('a request id', () => {
  it('comes back as it was sent, on answers and on errors, and is made where none was sent', async () => {
    const headers = { 'x-request-id': 'run-42.try-1' };
    expect((await kite.ask('GET', '/version', { headers })).headers.get('x-request-id')).toBe('run-42.try-1');
    const refused = await kite.ask('GET', '/nothing', { headers });
    expect(refused.headers.get('x-request-id')).toBe('run-42.try-1');
    expect(refused.body).toMatchObject({ requestId: 'run-42.try-1' });
    expect((await kite.get('/version')).headers.get('x-request-id')).toMatch(/\S/);
  });
});
