/** No read tells anything of an issue that its caller may not see: no title, no count, no relation. */
import { beforeAll, describe, expect, it } from 'vitest';
import { reportPage } from '../../../core/contract/reports.ts';
import { at, component, failing, issueBody } from '../../support/bodies.ts';
import { useGuarded } from '../../support/guarded.ts';
import { bodyOf, expectError, type Kite, type Query } from '../../support/kite.ts';

const guarded = useGuarded();
const [mine, shared, theirs] = ['leak-mine', 'leak-shared', 'leak-theirs'];
const secret = 'Unmentionable';
let me: Kite;
let root: Kite;
let own = '';
let seen = '';
let foreign = '';

beforeAll(async () => {
  const may = ['read', 'report', 'act'] as const;
  me = guarded.kiteAs(await guarded.key({ namespaces: [mine, shared], may }));
  root = guarded.kiteAs(await guarded.key({ clusters: ['*'], may }));
  const titled = (namespace: string, title: string, fields: object = {}) =>
    root.create(
      issueBody(namespace, {
        ...component(`thing of ${title}`),
        title: `${title} common`,
        labels: { team: 'falcon' },
        runId: 'run-1',
        ...fields,
      }),
    );
  own = (await titled(mine, 'Mine')).id;
  seen = (await titled(shared, 'Shared')).id;
  foreign = (await titled(theirs, secret)).id;
  // The same namespace of another cluster belongs to somebody else.
  const away = (await titled(mine, `${secret} away`, { cluster: 'beta' })).id;
  for (const [one, other] of [
    [own, foreign],
    [foreign, seen],
    [own, seen],
    [away, own],
  ]) {
    bodyOf(await root.post(`/issues/${one}/related`, { relatedId: other }), 201);
  }
});

describe('lists', () => {
  const queries: readonly Query[] = [
    {},
    { search: secret },
    { search: 'common' },
    { search: 'co' },
    { label: 'team=falcon' },
    { pipelineRun: 'run-1' },
    { resourceType: 'component' },
    { state: 'ACTIVE', sort: 'lastSeenAt' },
    { sort: 'severity', updatedSince: at(0) },
    { sort: 'dueAt', dueBefore: '2999-01-01T00:00:00Z' },
  ];

  it.each(queries)('%j shows the named namespaces of the own cluster alone', async (query) => {
    for (const namespace of [mine, `${mine},${shared}`]) {
      const page = await me.list({ namespace, ...query });
      expect(JSON.stringify(page)).not.toContain(secret);
      expect(page.total).toBe(page.data.length);
      for (const issue of page.data) {
        expect([namespace.split(','), 'alpha']).toEqual([
          expect.arrayContaining([issue.namespace]),
          issue.cluster,
        ]);
      }
    }
  });

  it('an id of somebody else finds nothing, by its beginning neither', async () => {
    const prefix = foreign.slice(0, 13);
    expect(await me.list({ namespace: `${mine},${shared}`, idPrefix: prefix })).toMatchObject({
      total: 0,
      data: [],
    });
    expect((await root.list({ namespace: theirs, idPrefix: prefix })).total).toBe(1);
  });

  it('a foreign namespace is refused by its name, beside others too', async () => {
    for (const namespace of [theirs, `${mine},${theirs}`, `${theirs},nowhere`]) {
      for (const path of ['/issues', '/issues/summary', '/reports']) {
        const error = expectError(await me.get(path, { namespace, search: 'x', pipelineRun: 'run-1' }), 403);
        expect(error).toMatchObject({ code: 'forbidden', message: expect.stringContaining(theirs) });
      }
    }
  });

  it('without a namespace only who may see all of the cluster is answered', async () => {
    const everywhere = guarded.kiteAs(await guarded.key({ namespaces: ['*'] }));
    for (const path of ['/issues', '/issues/summary', '/reports']) {
      expectError(await me.get(path, { pipelineRun: 'run-1' }), 400);
      bodyOf(await everywhere.get(path, { pipelineRun: 'run-1' }), 200);
    }
    const page = await everywhere.list({});
    expect(page.data.map(({ cluster }) => cluster)).not.toContain('beta');
    expect(page.total).toBe(page.data.length);
    expect((await root.list({})).data.map(({ cluster }) => cluster)).toContain('beta');
  });

  it('another cluster is refused, and those of a key with several are shown together', async () => {
    expectError(await me.get('/issues', { namespace: mine, cluster: 'beta' }), 403);
    const both = guarded.kiteAs(await guarded.key({ clusters: ['alpha', 'beta'], namespaces: [mine] }));
    const clusters = async (query: Query): Promise<readonly string[]> =>
      [
        ...new Set((await both.list({ namespace: mine, ...query })).data.map(({ cluster }) => cluster)),
      ].toSorted();
    expect(await clusters({})).toEqual(['alpha', 'beta']);
    expect(await clusters({ cluster: 'beta' })).toEqual(['beta']);
    expectError(await both.get('/issues', { namespace: mine, cluster: 'gamma' }), 403);
  });

  it('the reports of a run are those of the issues that the list shows', async () => {
    for (const namespace of [mine, `${mine},${shared}`]) {
      const { data } = reportPage.parse(
        bodyOf(await me.get('/reports', { namespace, pipelineRun: 'run-1' }), 200),
      );
      const listed = (await me.list({ namespace, pipelineRun: 'run-1' })).data.map(({ id }) => id);
      expect(data.map(({ issueId }) => issueId).toSorted()).toEqual(listed.toSorted());
      expect(JSON.stringify(data)).not.toContain(secret);
    }
  });

  it('the summary counts what the list shows', async () => {
    const total = async (kite: Kite, query: Query): Promise<unknown> =>
      bodyOf(await kite.get('/issues/summary', query), 200);
    expect(await total(me, { namespace: mine })).toMatchObject({ total: 1 });
    expect(await total(me, { namespace: `${mine},${shared}` })).toMatchObject({ total: 2 });
    expect(await total(root, { namespace: mine })).toMatchObject({ total: 2 });
  });
});

describe('relations', () => {
  const related = (issue: { relatedFrom: readonly unknown[]; relatedTo: readonly unknown[] }) =>
    issue.relatedFrom.length + issue.relatedTo.length;

  it('to what one may not see are left out of every answer', async () => {
    expect(related(await root.issue(own))).toBe(3);
    const acts: readonly [string, string, object?][] = [
      ['GET', ''],
      ['PUT', '', { severity: 'info' }],
      ['POST', '/resolve'],
      ['POST', '/reopen'],
      ['POST', '/links', { title: 'Logs', url: 'https://logs.example/1' }],
    ];
    for (const [method, rest, body] of acts) {
      const answer = await me.ask(method, `/issues/${own}${rest}`, body === undefined ? {} : { body });
      expect(answer.text).not.toContain(secret);
      expect(answer.text).not.toContain(foreign);
      expect(related(answer.body as never)).toBe(1);
    }
    const { data } = await me.list({ namespace: mine });
    expect(data.map(related)).toEqual([1]);
  });

  it('nor are they in the answer of a report', async () => {
    const body = { pipelineName: 'leak', failureReason: 'boom', namespace: mine };
    const mineIssue = await me.failure('pipeline-failure', body);
    bodyOf(await root.post(`/issues/${mineIssue.id}/related`, { relatedId: foreign }), 201);
    expect(related(await root.issue(mineIssue.id))).toBe(1);
    expect(related(await me.failure('pipeline-failure', body))).toBe(0);
    const created = issueBody(mine, { ...component('leak'), title: 'Created' });
    const issue = await me.create(created);
    bodyOf(await root.post(`/issues/${issue.id}/related`, { relatedId: foreign }), 201);
    expect(related(await me.create(created))).toBe(0);
  });
});

describe('a reporter who may not read', () => {
  it('is not told what others have written on the issue', async () => {
    const reporter = guarded.kiteAs(await guarded.key({ namespaces: [mine], may: ['report'] }));
    const pipelineName = 'told';
    const first = await me.failure('pipeline-failure', {
      ...{ pipelineName, namespace: mine, failureReason: secret },
      logsUrl: 'https://logs.example/secret',
    });
    // An old failure changes neither state nor text: the answer would be all that others have said.
    const answer = await reporter.post('/webhooks/pipeline-failure', {
      ...{ pipelineName, namespace: mine, failureReason: 'x', observedAt: at(0) },
    });
    expect(bodyOf(answer, 201)).toEqual({ status: 'success', issue: null });
    const body = issueBody(mine, { ...component('told'), observedAt: at(0) });
    expect(bodyOf(await reporter.post('/issues', body), 201)).toBeNull();
    expect(await reporter.statuses(failing(mine, 0, component('told-2')))).toEqual(['opened']);
    expect((await me.issue(first.id)).occurrences).toBe(2);
    expectError(await reporter.get(`/issues/${first.id}`), 404);
  });
});

describe('the timeline', () => {
  it('says who reported and who acted', async () => {
    const token = await guarded.key({ name: 'jenkins', namespaces: [mine], may: ['read', 'report', 'act'] });
    const actor = `key:${token.split('_')[1]} (jenkins)`;
    const jenkins = guarded.kiteAs(token);
    const issue = await jenkins.create(issueBody(mine, component('acted on')));
    bodyOf(await jenkins.post(`/issues/${issue.id}/resolve`, undefined), 200);
    bodyOf(await jenkins.ask('PUT', `/issues/${issue.id}`, { body: { title: 'Edited' } }), 200);
    const events = await me.events(issue.id);
    expect(events.map(({ kind, actor: who }) => [kind, who]).toSorted()).toEqual([
      ['action', actor],
      ['edit', actor],
      ['report', actor],
    ]);
    expectError(
      await guarded.kiteAs(await guarded.key({ namespaces: [theirs] })).get(`/issues/${issue.id}/events`),
      404,
    );
  });
});
