/** The filters of the list, one by one: each finds exactly what it names, in its namespace alone. */
import { beforeAll, describe, expect, it } from 'vitest';
import { at, component, failing, passing } from '../../support/bodies.ts';
import { type Query, useKite } from '../../support/kite.ts';

let now = Date.now();
const kite = useKite({ clock: () => now });
const namespace = 'falcon-tenant';

/** The scope names of what a query finds, in alphabetical order. */
async function found(query: Query): Promise<readonly string[]> {
  const page = await kite.list({ namespace, limit: '1000', ...query });
  expect(page.total).toBe(page.data.length);
  return page.data.map((issue) => issue.scope.resourceName).sort();
}

beforeAll(async () => {
  const scoped = (resourceType: string, resourceName: string) => ({ scope: { resourceType, resourceName } });
  const statuses = await kite.statuses(
    failing(namespace, 0, {
      ...component('api'),
      severity: 'critical',
      labels: {
        application: 'shop',
        lifecycle: 'production',
        origin: 'mintmaker',
        team: 'falcon',
        tier: '1',
      },
      run: { name: 'api-run-1', uid: '11111111-aaaa-4aaa-8aaa-111111111111' },
      dueAt: '2026-03-01T00:00:00Z',
    }),
    failing(namespace, 0, {
      ...component('web'),
      severity: 'major',
      issueType: 'test',
      cluster: 'east',
      labels: { application: 'shop', lifecycle: 'development', origin: 'user', team: 'falcon', tier: '2' },
      run: { name: 'web-run-1' },
      dueAt: '2026-04-01T00:00:00Z',
    }),
    failing(namespace, 0, {
      ...scoped('Application', 'shop'),
      severity: 'minor',
      issueType: 'release',
      labels: { component: 'api', sum: 'a=b', list: 'a,b' },
      run: { uid: '22222222-bbbb-4bbb-8bbb-222222222222' },
    }),
    failing(namespace, 0, { ...scoped('releaseplan', 'to-prod'), severity: 'info', issueType: 'release' }),
    failing(namespace, 0, { ...scoped('pipelinerun', 'nightly'), issueType: 'pipeline' }),
    passing(namespace, 60, {
      ...scoped('pipelinerun', 'nightly'),
      issueType: 'pipeline',
      run: { name: 'nightly-run-2', uid: '33333333-cccc-4ccc-8ccc-333333333333' },
    }),
    failing('other-tenant', 0, {
      ...component('api'),
      severity: 'critical',
      labels: {
        application: 'shop',
        lifecycle: 'production',
        origin: 'mintmaker',
        team: 'falcon',
        tier: '1',
      },
      run: { name: 'api-run-1', uid: '11111111-aaaa-4aaa-8aaa-111111111111' },
      dueAt: '2026-03-01T00:00:00Z',
    }),
  );
  expect(statuses).toEqual(['opened', 'opened', 'opened', 'opened', 'opened', 'resolved', 'opened']);
});

describe('GET /issues', () => {
  it.each<readonly [string, Query, readonly string[]]>([
    ['nothing else', {}, ['api', 'nightly', 'shop', 'to-prod', 'web']],
    ['severity', { severity: 'critical' }, ['api']],
    ['severity, separated by commas', { severity: 'critical,info' }, ['api', 'to-prod']],
    ['severity, repeated', { severity: ['critical', 'info'] }, ['api', 'to-prod']],
    ['severity, both ways', { severity: ['critical,info', 'minor'] }, ['api', 'shop', 'to-prod']],
    ['state', { state: 'RESOLVED' }, ['nightly']],
    ['both states', { state: 'ACTIVE,RESOLVED' }, ['api', 'nightly', 'shop', 'to-prod', 'web']],
    ['issueType', { issueType: 'release' }, ['shop', 'to-prod']],
    ['issueType, repeated', { issueType: ['release', 'test'] }, ['shop', 'to-prod', 'web']],
    ['resourceType', { resourceType: 'component' }, ['api', 'web']],
    ['resourceType in any case', { resourceType: 'ReleasePlan' }, ['to-prod']],
    ['resourceName', { resourceName: 'api' }, ['api']],
    ['resourceName, which has a case', { resourceName: 'API' }, []],
    ['cluster', { cluster: 'east' }, ['web']],
    ['the server’s own cluster', { cluster: 'local' }, ['api', 'nightly', 'shop', 'to-prod']],
    ['an unknown cluster', { cluster: 'west' }, []],
    ['application, by scope or label', { application: 'shop' }, ['api', 'shop', 'web']],
    ['component, by scope or label', { component: 'api' }, ['api', 'shop']],
    ['pipelineRun, by name', { pipelineRun: 'api-run-1' }, ['api']],
    ['pipelineRun, by uid', { pipelineRun: '22222222-bbbb-4bbb-8bbb-222222222222' }, ['shop']],
    ['pipelineRun, by the name of a run that passed', { pipelineRun: 'nightly-run-2' }, ['nightly']],
    [
      'pipelineRun, by the uid of a run that passed',
      { pipelineRun: '33333333-cccc-4ccc-8ccc-333333333333' },
      ['nightly'],
    ],
    ['an unknown pipelineRun', { pipelineRun: 'api-run' }, []],
    ['label', { label: 'team=falcon' }, ['api', 'web']],
    ['labels, which must all be there', { label: ['team=falcon', 'tier=2'] }, ['web']],
    ['labels that no issue has together', { label: ['tier=1', 'tier=2'] }, []],
    ['a label whose value is another', { label: 'team=eagle' }, []],
    ['a label whose value holds an equals sign', { label: 'sum=a=b' }, ['shop']],
    ['a label whose value holds a comma', { label: 'list=a,b' }, ['shop']],
    ['lifecycle production', { lifecycle: 'production' }, ['api']],
    ['lifecycle development', { lifecycle: 'development' }, ['web']],
    ['origin', { origin: 'mintmaker' }, ['api']],
    ['dueBefore', { dueBefore: '2026-03-15T00:00:00Z' }, ['api']],
    ['dueBefore, with an offset', { dueBefore: '2026-04-01T02:00:01+02:00' }, ['api', 'web']],
    ['dueBefore an early day', { dueBefore: '2026-01-01T00:00:00Z' }, []],
    [
      'several at once',
      { severity: 'critical,major', application: 'shop', lifecycle: 'development' },
      ['web'],
    ],
    ['several that exclude each other', { severity: 'critical', issueType: 'test' }, []],
  ])('finds by %s', async (_, query, names) => {
    expect(await found(query)).toEqual(names);
  });

  it('finds by the beginning of an id, of 8 or more hex digits, in any case', async () => {
    const { data } = await kite.list({ namespace });
    for (const issue of data) {
      for (const length of [8, 12, 13, 18, 36]) {
        const idPrefix = issue.id.slice(0, length);
        if (idPrefix.endsWith('-')) continue;
        const ids = (await kite.list({ namespace, idPrefix })).data.map((one) => one.id);
        expect(ids).toEqual(data.filter((one) => one.id.startsWith(idPrefix)).map((one) => one.id));
        expect((await kite.list({ namespace, idPrefix: idPrefix.toUpperCase() })).total).toBe(ids.length);
      }
    }
    const [other] = (await kite.list({ namespace: 'other-tenant' })).data;
    expect(await found({ idPrefix: other?.id.slice(0, 8) ?? '' })).toEqual([]);
  });

  it('finds what changed at or after a moment by updatedSince', async () => {
    now += 60_000;
    const since = new Date(now).toISOString();
    expect(await found({ updatedSince: since })).toEqual([]);
    await kite.statuses(failing(namespace, 120, component('web')));
    const [web] = (await kite.list({ namespace, resourceName: 'web', issueType: 'build' })).data;
    expect(web?.updatedAt).toBe(since);
    expect(await found({ updatedSince: since })).toEqual(['web']);
    await kite.ask('PUT', `/issues/${web?.id}`, { body: { title: 'Edited' } });
    const [api] = (await kite.list({ namespace, resourceName: 'api' })).data;
    now += 60_000;
    await kite.ask('POST', `/issues/${api?.id}/resolve`);
    expect(await found({ updatedSince: since })).toEqual(['api', 'web']);
    expect(await found({ updatedSince: new Date(now).toISOString() })).toEqual(['api']);
  });

  it('finds an issue by the runId that a webhook gave, as the name or uid of the run', async () => {
    const failure = { pipelineName: 'push', namespace: 'run-tenant', failureReason: 'Failed' };
    const issue = await kite.failure('pipeline-failure', {
      ...failure,
      runId: 'push-x7k2p',
      observedAt: at(0),
    });
    await kite.success('pipeline-success', {
      pipelineName: 'push',
      namespace: 'run-tenant',
      runId: 'push-9qpzv',
      observedAt: at(60),
    });
    for (const pipelineRun of ['push-x7k2p', 'push-9qpzv']) {
      expect((await kite.list({ namespace: 'run-tenant', pipelineRun })).data.map((one) => one.id)).toEqual([
        issue.id,
      ]);
    }
  });

  it('does not show identities that only ever passed', async () => {
    await kite.statuses(passing('calm-tenant', 0, { run: { name: 'calm-run' } }));
    expect((await kite.list({ namespace: 'calm-tenant' })).total).toBe(0);
    expect((await kite.list({ namespace: 'calm-tenant', pipelineRun: 'calm-run' })).total).toBe(0);
  });
});
