/**
 * MintMaker's Renovate log analyzer: health first, then up to three calls with what Renovate logged, then
 * the end of the run. Some versions send a token and paths that end in a slash, others neither.
 */
import { describe, expect, it } from 'vitest';
import { freshNamespace, tickingClock } from '../../support/bodies.ts';
import { type Answer, bodyOf, useKite, wholeIssue } from '../../support/kite.ts';

const kite = useKite({ clock: tickingClock() });
const pipelineId = 'github.com/konflux-ci_checkout@main';

const versions = [
  {
    version: 'with a token and slashes',
    slash: '/',
    headers: { authorization: 'Bearer service.account.token' },
  },
  { version: 'with neither token nor slashes', slash: '', headers: {} },
];

describe.each(versions)('a log analyzer $version', ({ slash, headers }) => {
  const post = (webhook: string, namespace: string, body: object): Promise<Answer> =>
    kite.post(`/webhooks/${webhook}${slash}`, { namespace, ...body }, { headers, query: { namespace } });
  const logs = (namespace: string, type: string, lines: readonly string[]): Promise<Answer> =>
    post('mintmaker-custom', namespace, { pipelineId, type, logs: lines });

  it('finds the server healthy: a 2xx with status and message', async () => {
    const body = bodyOf(await kite.ask('GET', `/health${slash}`, { headers }), 200);
    expect(body).toMatchObject({ status: 'UP', message: expect.any(String) });
  });

  it.each([
    ['error', 'major'],
    ['warning', 'minor'],
    ['info', 'info'],
  ])('turns logs of type %s into one issue of severity %s', async (type, severity) => {
    const namespace = freshNamespace();
    const lines = ['Cannot find module "left-pad"', 'registry answered 502'];
    const body = bodyOf(await logs(namespace, type, lines), 201);
    expect(body).toMatchObject({
      status: 'success',
      issue: { title: `Mintmaker ${type}(2): ${pipelineId}` },
    });
    const { issue } = body as { issue: unknown };
    const whole = wholeIssue(issue);
    expect(whole).toMatchObject({
      issueType: 'dependency',
      severity,
      state: 'ACTIVE',
      resolvedAt: null,
      namespace,
      scope: { resourceType: `mintmaker-${type}`, resourceName: pipelineId, resourceNamespace: namespace },
      occurrences: 1,
    });
    expect(whole.description.split(/\n-+\n/)).toEqual(lines);
    expect(whole.links).toHaveLength(2);
    expect(whole.links.map((link) => link.title).join()).toMatch(/mintmaker.*renovate|renovate.*mintmaker/i);
    expect((await kite.list({ namespace })).total).toBe(1);
  });

  it('writes nothing for empty logs, and is told so', async () => {
    const namespace = freshNamespace();
    expect(bodyOf(await logs(namespace, 'error', []), 200)).toEqual({
      info: 'No logs provided, no issue created',
    });
    expect((await kite.list({ namespace })).total).toBe(0);
  });

  it('is told with the exact sentence how many issues a successful run resolved', async () => {
    const namespace = freshNamespace();
    expect(bodyOf(await post('pipeline-success', namespace, { pipelineName: pipelineId }), 200)).toEqual({
      status: 'success',
      message: `Resolved 0 issue(s) for pipeline ${pipelineId}`,
    });
    const failure = {
      pipelineName: pipelineId,
      failureReason: 'Renovate exited with 1',
      runId: 'renovate-main-x7k2p',
    };
    expect(bodyOf(await post('pipeline-failure', namespace, failure), 201)).toMatchObject({
      status: 'success',
      issue: {
        title: `Pipeline run failed: ${pipelineId}`,
        description: `The pipeline run ${pipelineId} failed with reason: Renovate exited with 1`,
        issueType: 'pipeline',
        severity: 'major',
        scope: { resourceType: 'pipelinerun', resourceName: pipelineId },
      },
    });
    const success = { pipelineName: pipelineId, runId: 'renovate-main-9qpzv' };
    expect(bodyOf(await post('pipeline-success', namespace, success), 200)).toEqual({
      status: 'success',
      message: `Resolved 1 issue(s) for pipeline ${pipelineId}`,
    });
    const [issue] = (await kite.list({ namespace })).data;
    expect(issue).toMatchObject({ state: 'RESOLVED', resolvedAt: expect.any(String) });
  });

  it('leaves its logs active after the run that wrote them ends, and resolved after the next run ends clean', async () => {
    const namespace = freshNamespace();
    for (const type of ['error', 'warning', 'info']) {
      bodyOf(await logs(namespace, type, [`one ${type}`]), 201);
    }
    const end = (runId: string): Promise<Answer> =>
      post('pipeline-success', namespace, { pipelineName: pipelineId, runId });
    bodyOf(await end('renovate-main-aaaaa'), 200);
    expect((await kite.list({ namespace, state: 'ACTIVE' })).total).toBe(3);
    bodyOf(await end('renovate-main-bbbbb'), 200);
    expect((await kite.list({ namespace, state: 'ACTIVE' })).total).toBe(0);
    expect((await kite.list({ namespace, state: 'RESOLVED', issueType: 'dependency' })).total).toBe(3);
  });

  it('is told to send a body again that cannot be read, with a sentence in error and in message', async () => {
    const answer = await kite.ask('POST', `/webhooks/mintmaker-custom${slash}`, {
      raw: '{"pipelineId": ',
      headers: { ...headers, 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: expect.stringMatching(/\S/),
      message: expect.stringMatching(/\S/),
    });
  });
});
