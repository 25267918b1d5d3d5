import { afterAll, describe, expect, test } from 'vitest';
import { useGuarded } from '../../support/guarded.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';

const guarded = useGuarded();
const secret = 'hunter2hunter2';

describe('a server that asks who calls', () => {
  test.each([
    ['nothing', {}],
    ['a token that nobody knows', { authorization: `Bearer ${secret}` }],
    ['impersonation alone', { 'impersonate-user': 'alice', 'impersonate-group': 'system:masters' }],
  ])(
    'answers 401 in the one form to %s, says how to do better, and reads nothing of the body',
    async (_, headers) => {
      const ask = guarded.as(null, headers);
      const answer = await ask('POST', '/issues', { body: 'no JSON' });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated', details: [] } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(JSON.stringify(answer.body)).not.toContain(secret);
    },
  );

  test.each(['/health', '/version', '/openapi.json'])(
    'leaves %s open, whatever token comes along',
    async (path) => {
      expect((await guarded.as(null)('GET', path)).status).toBe(200);
      expect((await guarded.as(secret)('GET', path)).status).toBe(200);
    },
  );

  test('says each attempt that was denied in one line, without the token or what could be made of it', async () => {
    const key = await guarded.key({ may: ['read'], namespaces: ['team-a'] });
    const before = guarded.denied.length;
    const bad = await guarded.as(`${key.slice(0, -4)}AAAA`)('GET', '/issues', {
      query: { namespace: 'team-a' },
    });
    const foreign = await guarded.as(key)('GET', '/issues', { query: { namespace: 'team-b' } });
    expect([bad.status, foreign.status]).toEqual([401, 403]);
    const lines = guarded.denied.slice(before);
    expect(lines).toEqual([
      expect.objectContaining({
        ...{ operation: 'issues.list', right: 'read', principal: null, cluster: null, namespace: null },
        requestId: bad.headers.get('x-request-id'),
        source: '127.0.0.1',
        reason: expect.stringContaining('there is no API key'),
      }),
      expect.objectContaining({
        ...{ operation: 'issues.list', right: 'read', cluster: 'alpha', namespace: 'team-b' },
        principal: `key:${key.split('_')[1]}`,
        requestId: foreign.headers.get('x-request-id'),
        source: '127.0.0.1',
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain(key.split('_')[2]?.slice(0, 20));
  });

  test('lets a console’s own page write, since a browser adds no token by itself', async () => {
    const key = await guarded.key({ may: ['report', 'read'] });
    const ask = guarded.as(key, { origin: 'https://console.example.com' });
    const body = { pipelineName: 'p', namespace: 'team-a', failureReason: 'boom' };
    expect((await ask('POST', '/webhooks/pipeline-failure', { body })).status).toBe(201);
  });
});

describe('limits', () => {
  const limited = useGuarded({
    access: () => Promise.resolve({ text: { limits: { requestsPerSecond: 0.001, burst: 3, atOnce: 10 } } }),
  });

  test('a principal that sends too much is told to wait, and another one is not', async () => {
    const [loud, quiet] = [await limited.key({}), await limited.key({})];
    const query = { namespace: 'team-a' };
    const statuses: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      statuses.push((await limited.as(loud)('GET', '/issues', { query })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await limited.as(loud)('GET', '/issues', { query });
    expect(refused.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await limited.as(quiet)('GET', '/issues', { query })).status).toBe(200);
    expect((await limited.as(loud)('GET', '/health')).status).toBe(200);
  });
});

describe('a token that satisfies no rule', () => {
  let issuer: TestIssuer;
  const ruled = useGuarded({
    access: async () => {
      issuer = await startIssuer();
      return {
        text: {
          issuers: [{ name: 'gitlab', issuer: issuer.url, audiences: ['kite'] }],
          rules: [
            {
              ...{ issuer: 'gitlab', match: { sub: 'somebody' } },
              ...{ clusters: ['alpha'], namespaces: ['*'], may: ['read', 'report', 'act', 'admin'] },
            },
          ],
        },
      };
    },
  });
  afterAll(() => issuer.close());

  test.each([
    ['GET', '/issues', {}],
    ['GET', '/issues', { namespace: 'team-a' }],
    ['GET', '/issues', { namespace: 'team-a,team-b', search: 'x' }],
    ['GET', '/issues/summary', { namespace: 'team-a' }],
    ['GET', '/keys', {}],
    ['GET', '/audit', {}],
    ['GET', '/audit', { cluster: 'alpha' }],
    ['DELETE', '/keys/0a1b2c3d4e5f', {}],
  ] as const)('is refused, and shown no empty page: %s %s %j', async (method, path, query) => {
    const stranger = await ruled.as(await issuer.sign({ sub: 'else' }))(method, path, { query });
    expect(stranger).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const known = await ruled.as(await issuer.sign())(method, path, { query });
    expect(known.status).toBe(method === 'DELETE' ? 404 : 200);
  });

  test('makes no key', async () => {
    const body = { name: 'made', namespaces: ['*'], may: ['read'] };
    const ask = async (sub: string) =>
      (await ruled.as(await issuer.sign({ sub }))('POST', '/keys', { body })).status;
    expect([await ask('else'), await ask('somebody')]).toEqual([403, 201]);
  });
});

describe('an issuer that is down', () => {
  let issuer: TestIssuer;
  const broken = useGuarded({
    access: async () => {
      issuer = await startIssuer();
      issuer.publish(500);
      return {
        text: {
          issuers: [{ name: 'gitlab', issuer: issuer.url, audiences: ['kite'] }],
          rules: [
            {
              issuer: 'gitlab',
              match: { sub: 'somebody' },
              clusters: ['alpha'],
              namespaces: ['*'],
              may: ['read'],
            },
          ],
        },
      };
    },
  });
  afterAll(() => issuer.close());

  test('refuses its own callers with 503, and nobody else’s', async () => {
    const key = await broken.key({});
    const query = { namespace: 'team-a' };
    const theirs = await broken.as(await issuer.sign())('GET', '/issues', { query });
    expect(theirs).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(theirs.headers.get('retry-after')).toBe('2');
    expect((await broken.as(key)('GET', '/issues', { query })).status).toBe(200);
  });
});
