/** `GET /reports`: what a run reported, passes of what never failed too, of the named namespaces alone. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReportTaken, reportPage } from '../../../core/contract/reports.ts';
import { component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { bodyOf, expectError, namedPaths, type Query, useKite } from '../../support/kite.ts';

const kite = useKite();
const namespace = freshNamespace();
const other = freshNamespace();
const run = 'checkout-7f2kd';
const uid = '44444444-dddd-4ddd-8ddd-444444444444';

async function read(query: Query) {
  return reportPage.parse(bodyOf(await kite.get('/reports/', query), 200));
}
const told = ({ outcome, effect, scope }: ReportTaken) => `${scope.resourceName} ${outcome} ${effect}`;

beforeAll(async () => {
  await kite.reports([
    failing(namespace, 0, { ...component('mended'), runId: 'before' }),
    failing(namespace, 60, { ...component('broken'), run: { name: run, uid } }),
    passing(namespace, 60, { ...component('mended'), run: { name: run, uid } }),
    passing(namespace, 60, { ...component('calm'), run: { name: run, uid } }),
    failing(other, 60, { ...component('elsewhere'), runId: run }),
  ]);
});

describe('the reports of a run', () => {
  it('are all that it said, of what has never failed too', async () => {
    const { data, nextCursor } = await read({ namespace, pipelineRun: run });
    expect(data.map(told).toSorted()).toEqual([
      'broken failing opened',
      'calm passing recorded',
      'mended passing resolved',
    ]);
    expect(nextCursor).toBeNull();
    const calm = data.find(({ scope }) => scope.resourceName === 'calm');
    expect(calm).toMatchObject({ issueId: null, issueType: 'build', namespace, run: { name: run, uid } });
    const broken = data.find(({ scope }) => scope.resourceName === 'broken');
    const issue = await kite.issue(broken?.issueId ?? '');
    expect(issue).toMatchObject({ state: 'ACTIVE', scope: broken?.scope, scopeId: broken?.scope.id });
  });

  it('are found by its uid as well, each once', async () => {
    const byName = await read({ namespace, pipelineRun: run });
    expect(await read({ namespace, pipelineRun: uid })).toEqual(byName);
    const same = 'both-name-and-uid';
    await kite.reports([passing(namespace, 0, { ...component('same'), run: { name: same, uid: same } })]);
    expect((await read({ namespace, pipelineRun: same })).data).toHaveLength(1);
  });

  it('come in pages that neither repeat nor miss one', async () => {
    const many = Array.from({ length: 7 }, (_, index) =>
      passing(namespace, index, { ...component(`part-${index}`), runId: 'paged' }),
    );
    await kite.reports(many);
    const found: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await read({ namespace, pipelineRun: 'paged', limit: '3', cursor });
      expect(page.data.length).toBeLessThanOrEqual(3);
      found.push(...page.data.map(({ scope }) => scope.resourceName));
      cursor = page.nextCursor;
    }
    expect(found.toSorted()).toEqual(many.map(({ scope }) => scope.resourceName));
  });

  it('are of the named namespaces and cluster', async () => {
    const names = async (query: Query) =>
      (await read({ pipelineRun: run, ...query })).data.map(({ scope }) => scope.resourceName).toSorted();
    expect(await names({ namespace: other })).toEqual(['elsewhere']);
    expect(await names({ namespace: `${namespace},${other}` })).toEqual([
      'broken',
      'calm',
      'elsewhere',
      'mended',
    ]);
    expect(await names({ namespace, cluster: 'local' })).toHaveLength(3);
    expect(await names({ namespace, cluster: 'east' })).toEqual([]);
    expect(await names({ namespace, pipelineRun: 'nobody-knows' })).toEqual([]);
  });

  it('are no acts of people, and no end that was copied to whoever waits for it', async () => {
    const within = freshNamespace();
    await kite.failure('mintmaker-custom', {
      ...{ namespace: within, pipelineId: 'repo@main', type: 'warning', logs: ['old'], runId: 'renovate-1' },
    });
    await kite.success('pipeline-success', {
      ...{ namespace: within, pipelineName: 'repo@main', runId: 'renovate-1' },
    });
    const issue = await kite.create(issueBody(within, { runId: 'renovate-1' }));
    bodyOf(await kite.post(`/issues/${issue.id}/resolve`, undefined), 200);
    const { data } = await read({ namespace: within, pipelineRun: 'renovate-1' });
    expect(data.map(({ source }) => source).toSorted()).toEqual([
      'api',
      'webhook/mintmaker-custom',
      'webhook/pipeline-success',
    ]);
  });
});

it.each([
  [{ pipelineRun: run }, 'query.namespace'],
  [{ namespace }, 'query.pipelineRun'],
  [{ namespace, pipelineRun: '  ' }, 'query.pipelineRun'],
  [{ namespace, pipelineRun: run, cursor: 'nonsense' }, 'query.cursor'],
  [{ namespace, pipelineRun: run, limit: '0' }, 'query.limit'],
])('%j is refused', async (query, path) => {
  expect(namedPaths(expectError(await kite.get('/reports', query), 400))).toEqual([path]);
});
