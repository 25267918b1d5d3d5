/**
 * Faults 7, 8 and 12 of the public service and what was seen besides: requests that it took and should have
 * refused, or refused and should have taken.
 */
import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { at, component, freshNamespace, issueBody } from '../support/bodies.ts';
import { bodyOf, expectError, kiteOf, useKite, wholeIssue } from '../support/kite.ts';
import { startServer } from '../support/server.ts';

const kite = useKite();
const json = { 'content-type': 'application/json' };
const failure = { pipelineName: 'checkout', failureReason: 'Failed' };

describe('fault 7: access is checked on the namespace that is written', () => {
  it('a body whose namespace differs from the query is refused by every write, and nothing is written', async () => {
    const before = await kite.stored();
    const namespace = 'theirs';
    const writes: readonly (readonly [string, object])[] = [
      ['/issues/', issueBody(namespace)],
      ['/webhooks/pipeline-failure/', { ...failure, namespace }],
      ['/webhooks/pipeline-success/', { pipelineName: 'checkout', namespace }],
      ['/webhooks/mintmaker-custom/', { pipelineId: 'checkout', namespace, type: 'error', logs: ['one'] }],
      ['/webhooks/release-failure/', { application: 'shop', namespace, failurePhase: 'a', release: 'r1' }],
      ['/webhooks/release-success/', { application: 'shop', namespace }],
    ];
    for (const [path, body] of writes) {
      expectError(await kite.post(path, body, { query: { namespace: 'ours' } }), 403);
    }
    expect(await kite.stored()).toBe(before);
  });

  it('PUT cannot move an issue to another namespace, nor write one that the query does not name', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    const before = await kite.stored();
    expectError(await kite.ask('PUT', `/issues/${id}`, { body: { namespace: 'theirs' } }), 403);
    expectError(
      await kite.ask('PUT', `/issues/${id}`, {
        body: { namespace: 'theirs', title: 'Mine' },
        query: { namespace },
      }),
      403,
    );
    expectError(
      await kite.ask('PUT', `/issues/${id}`, { body: { title: 'Mine' }, query: { namespace: 'theirs' } }),
      403,
    );
    expect(await kite.stored()).toBe(before);
  });

  it('an issue of another namespace cannot be related, whichever end it is', async () => {
    const namespace = freshNamespace();
    const ours = await kite.create(issueBody(namespace));
    const theirs = await kite.create(issueBody('theirs'));
    const query = { namespace };
    expectError(await kite.post(`/issues/${ours.id}/related`, { relatedId: theirs.id }, { query }), 403);
    expectError(await kite.post(`/issues/${theirs.id}/related`, { relatedId: ours.id }, { query }), 403);
    expect(await kite.issue(ours.id)).toMatchObject({ relatedFrom: [], relatedTo: [] });
  });
});

describe('fault 8: only known words are stored', () => {
  it('medium becomes minor in a webhook', async () => {
    const namespace = freshNamespace();
    const pipeline = await kite.failure('pipeline-failure', { ...failure, namespace, severity: 'medium' });
    expect(pipeline.severity).toBe('minor');
  });

  it.each([
    ['severity', 'medium'],
    ['severity', 'bogus'],
    ['issueType', 'bogus'],
    ['state', 'OPEN'],
  ])('%s %s is refused by POST and by PUT of an issue', async (field, value) => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    const before = await kite.stored();
    expectError(await kite.post('/issues/', issueBody(namespace, { [field]: value })), 400);
    expectError(await kite.ask('PUT', `/issues/${id}`, { body: { [field]: value } }), 400);
    expect(await kite.stored()).toBe(before);
  });
});

describe('fault 12: ids, duplicates and durations', () => {
  it('an id that is no UUID is a caller’s mistake, never a 500', async () => {
    for (const [method, path] of [
      ['GET', '/issues/not-a-uuid'],
      ['PUT', '/issues/not-a-uuid'],
      ['DELETE', '/issues/not-a-uuid'],
      ['POST', '/issues/not-a-uuid/resolve'],
    ] as const) {
      const body = method === 'PUT' ? { body: { title: 'Mine' } } : {};
      expectError(await kite.ask(method, path, body), 400, 404);
    }
  });

  it('POST of an issue that exists keeps the links that it brings, beside those that were there', async () => {
    const namespace = freshNamespace();
    const link = (name: string) => ({ title: name, url: `https://logs.example/${name}` });
    await kite.create(issueBody(namespace, { observedAt: at(0), links: [link('first')] }));
    const again = await kite.create(issueBody(namespace, { observedAt: at(60), links: [link('second')] }));
    expect(again.links.map((one) => one.title).sort()).toEqual(['first', 'second']);
  });

  it('durations of the environment count: a statement may take as long as they say, and no longer', async () => {
    const server = await startServer({
      env: { KITE_DATABASE_TIMEOUT: '300ms', KITE_REQUEST_TIMEOUT: '20s' },
    });
    try {
      const waiting = kiteOf(() => server);
      const other = postgres(server.databaseUrl, { max: 1, onnotice: () => undefined });
      await other.begin(async (locking) => {
        await locking`lock table issues in access exclusive mode`;
        const started = Date.now();
        expectError(await waiting.get('/issues/', { namespace: 'any' }), 503);
        expect(Date.now() - started).toBeGreaterThanOrEqual(250);
        expect(Date.now() - started).toBeLessThan(3_000);
      });
      await other.end();
    } finally {
      await server.close();
    }
  });

  it('the horizon of the environment counts: what is older is stale', async () => {
    const server = await startServer({ env: { KITE_HISTORY_DAYS: '7' } });
    try {
      const short = kiteOf(() => server);
      const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
      const stale = await short.post('/issues/', issueBody('any', { observedAt: daysAgo(8) }));
      expect(bodyOf(stale, 201)).toBeNull();
      expect((await short.create(issueBody('any', { observedAt: daysAgo(6) }))).occurrences).toBe(1);
    } finally {
      await server.close();
    }
  });
});

describe('seen besides', () => {
  it('a body of 10 MB is refused with 413, and nothing of it is kept', async () => {
    const before = await kite.stored();
    const body = issueBody('any', { description: 'x'.repeat(10_000_000) });
    expectError(await kite.post('/issues/', body), 413);
    expect(await kite.stored()).toBe(before);
  });

  it('a NUL character is refused with 400', async () => {
    expectError(await kite.post('/issues/', issueBody('any', { title: 'a\u0000b' })), 400);
    expectError(
      await kite.post('/webhooks/pipeline-failure', { ...failure, namespace: 'any', pipelineName: '\u0000' }),
      400,
    );
    expectError(await kite.get('/issues/', { namespace: 'any', search: 'a\u0000b' }), 400);
  });

  it('a severity that does not exist is refused by webhooks with 400', async () => {
    const answer = await kite.post('/webhooks/pipeline-failure', {
      ...failure,
      namespace: 'any',
      severity: 'bogus',
    });
    expectError(answer, 400);
  });

  it('a blank name is refused with 400', async () => {
    for (const blank of ['', ' ', '\t\n']) {
      expectError(await kite.post('/issues/', issueBody('any', component(blank))), 400);
      expectError(await kite.post('/issues/', issueBody(blank)), 400);
      expectError(
        await kite.post('/webhooks/pipeline-failure', { ...failure, namespace: 'any', pipelineName: blank }),
        400,
      );
      expectError(
        await kite.post('/webhooks/release-success', { namespace: 'any', application: blank }),
        400,
      );
    }
  });

  it('text after the JSON is refused with 400', async () => {
    const body = JSON.stringify(issueBody('any'));
    for (const raw of [`${body} and more`, `${body}${body}`, `${body},`]) {
      expectError(await kite.ask('POST', '/issues/', { raw, headers: json }), 400);
    }
    wholeIssue(bodyOf(await kite.ask('POST', '/issues/', { raw: `\n ${body} \n`, headers: json }), 201));
  });

  it('an error carries error, message and code', async () => {
    expectError(await kite.post('/issues/', {}), 400);
    expectError(await kite.get('/nothing-here'), 404);
    expectError(await kite.ask('PATCH', '/issues/'), 405);
  });

  it('a list without a namespace is refused with 400, not everybody’s issues', async () => {
    for (const path of ['/issues', '/issues/', '/issues?namespace=', '/issues/?limit=1']) {
      expectError(await kite.get(path), 400);
    }
  });
});
