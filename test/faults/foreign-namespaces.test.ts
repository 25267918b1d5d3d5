/**
 * Fault 7 of the public service: its namespace check reads only the query; the body is trusted, PUT can move an issue to
 * another namespace, and related issues are never checked.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { component, failing, issueBody } from '../support/bodies.ts';
import { home, useGuarded } from '../support/guarded.ts';
import { bodyOf, expectError, type Kite } from '../support/kite.ts';

const guarded = useGuarded();
const [mine, theirs] = ['team-mine', 'team-theirs'];
let me: Kite;
let them: Kite;
let everybody: Kite;

beforeAll(async () => {
  const may = ['read', 'report', 'act'] as const;
  me = guarded.kiteAs(await guarded.key({ name: 'mine', namespaces: [mine], may }));
  them = guarded.kiteAs(await guarded.key({ name: 'theirs', namespaces: [theirs], may }));
  everybody = guarded.kiteAs(await guarded.key({ name: 'everybody', may }));
});

const webhooks = {
  'pipeline-failure': { pipelineName: 'p', failureReason: 'boom' },
  'pipeline-success': { pipelineName: 'p' },
  'mintmaker-custom': { pipelineId: 'p', type: 'error', logs: ['boom'] },
  'release-failure': { application: 'shop', failurePhase: 'push', release: 'r' },
  'release-success': { application: 'shop' },
};

describe('fault 7: what is written decides, not what the query says', () => {
  it.each(Object.entries(webhooks))('%s of another namespace writes nothing', async (name, body) => {
    const before = await guarded.server.database.sql`select count(*) from issues`;
    for (const query of [{}, { namespace: mine }, { namespace: theirs }]) {
      const answer = await me.post(`/webhooks/${name}`, { ...body, namespace: theirs }, { query });
      expect(expectError(answer, 403).code).toBe('forbidden');
    }
    expect(await guarded.server.database.sql`select count(*) from issues`).toEqual(before);
  });

  it('POST /issues of another namespace, or of another cluster, writes nothing', async () => {
    const stored = async () => guarded.server.database.sql`select * from issues order by key`;
    const before = await stored();
    for (const query of [{}, { namespace: mine }, { namespace: theirs }]) {
      expect(expectError(await me.post('/issues', issueBody(theirs), { query }), 403).code).toBe('forbidden');
    }
    const away = issueBody(mine, { cluster: 'beta' });
    const refusal = expectError(await me.post('/issues', away), 403);
    expect(refusal.code).toBe('forbidden');
    expect(refusal.message).toContain('beta');
    expect(await stored()).toEqual(before);
  });

  it('of a batch only the reports of the own namespace and cluster are applied', async () => {
    const results = await me.reports([
      failing(mine, 0, component('mine-1')),
      failing(theirs, 0, component('theirs-1')),
      { outcome: 'unheard of' },
      failing(mine, 0, { ...component('mine-2'), cluster: 'beta' }),
      failing(mine, 0, component('mine-2')),
    ]);
    expect(results.map(({ status, error }) => error?.code ?? status)).toEqual([
      'opened',
      'forbidden',
      'invalid_request',
      'forbidden',
      'opened',
    ]);
    expect(await everybody.list({ namespace: theirs })).toMatchObject({ total: 0 });
    const rows = await guarded.server.database
      .sql`select distinct cluster from issues where namespace = ${mine}`;
    expect([...rows]).toEqual([{ cluster: home }]);
  });

  it('PUT moves no issue, into the own namespace neither', async () => {
    const own = await me.create(issueBody(mine));
    const foreign = await them.create(issueBody(theirs));
    expectError(await me.ask('PUT', `/issues/${own.id}`, { body: { namespace: theirs, title: 'x' } }), 403);
    expectError(await me.ask('PUT', `/issues/${foreign.id}`, { body: { namespace: mine, title: 'x' } }), 404);
    expect(await everybody.issue(own.id)).toMatchObject({ namespace: mine, title: own.title });
    expect(await everybody.issue(foreign.id)).toMatchObject({ namespace: theirs, title: foreign.title });
  });

  it('an issue can be related only by who may act on both ends, and taken apart so too', async () => {
    const own = await me.create(issueBody(mine, component('end-a')));
    const foreign = await them.create(issueBody(theirs, component('end-b')));
    for (const [one, other] of [
      [own, foreign],
      [foreign, own],
    ] as const) {
      expectError(await me.post(`/issues/${one.id}/related`, { relatedId: other.id }), 404);
    }
    bodyOf(await everybody.post(`/issues/${own.id}/related`, { relatedId: foreign.id }), 201);
    expectError(await me.ask('DELETE', `/issues/${own.id}/related/${foreign.id}`), 404);
    expectError(await them.ask('DELETE', `/issues/${own.id}/related/${foreign.id}`), 404);
    expect((await everybody.issue(own.id)).relatedFrom).toHaveLength(1);
  });

  it('the log has one line for each attempt, with who and where, and never the key', async () => {
    const token = await guarded.key({ name: 'curious', namespaces: [mine] });
    const from = guarded.denied.length;
    await guarded.as(token)('POST', '/webhooks/pipeline-success', {
      body: { pipelineName: 'p', namespace: theirs },
      headers: { 'x-request-id': 'curious-1' },
    });
    const lines = guarded.denied.slice(from);
    expect(lines).toEqual([
      expect.objectContaining({
        operation: 'webhooks.pipeline-success',
        requestId: 'curious-1',
        principal: `key:${token.split('_')[1]}`,
        right: 'report',
        cluster: home,
        namespace: theirs,
        source: '127.0.0.1',
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain(token.split('_')[2]);
  });
});

describe('what one may not see looks like what is not there', () => {
  const nobody = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
  it.each([
    ['GET', ''],
    ['GET', '/events'],
    ['PUT', ''],
    ['DELETE', ''],
    ['POST', '/resolve'],
    ['POST', '/reopen'],
    ['POST', '/links'],
    ['POST', '/related'],
    ['DELETE', `/related/${nobody}`],
  ])('%s /issues/{id}%s', async (method, rest) => {
    const own = await me.create(issueBody(mine, component('near')));
    const foreign = await them.create(issueBody(theirs, component('far')));
    const body =
      rest === '/related'
        ? { relatedId: own.id }
        : rest === '/links'
          ? { title: 'Logs', url: 'https://logs.example/1' }
          : { title: 'x' };
    for (const query of [{}, { namespace: mine }, { namespace: theirs }]) {
      const ask = { query, headers: { 'x-request-id': 'same' }, ...(method === 'GET' ? {} : { body }) };
      const answers = await Promise.all(
        [foreign.id, nobody].map((id) => me.ask(method, `/issues/${id}${rest}`, ask)),
      );
      const [seen, unseen] = answers;
      expect(seen?.status).toBe(404);
      expect(seen?.text).toBe(unseen?.text);
      expect([...(seen?.headers.keys() ?? [])]).toEqual([...(unseen?.headers.keys() ?? [])]);
    }
    expect(await them.issue(foreign.id)).toMatchObject({ title: foreign.title, state: 'ACTIVE' });
  });
});
