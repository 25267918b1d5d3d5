/**
 * KITE's Go operator: no auth header, no trailing slash, the namespace in query and body, `runId` a
 * PipelineRun's UID, and a severity that is not in the enum.
 */
import { describe, expect, it } from 'vitest';
import { freshNamespace, tickingClock } from '../../support/bodies.ts';
import { type Answer, bodyOf, expectError, useKite } from '../../support/kite.ts';

const kite = useKite({
  clock: tickingClock(),
  env: { KITE_LOGS_URL: 'https://console.example/ns/{namespace}/logs/{run}' },
});
const uid = 'b3f0c6de-6a2f-4a0e-9d0c-1f6c5a7b8d90';
const pipelineName = 'checkout-on-push';

function send(webhook: string, namespace: string, body: object): Promise<Answer> {
  return kite.ask('POST', `/webhooks/${webhook}`, {
    query: { namespace },
    headers: { 'content-type': 'application/json', 'user-agent': 'Go-http-client/1.1' },
    body: { pipelineName, namespace, ...body },
  });
}

describe('the Go operator', () => {
  it.each([
    ['medium', 'minor'],
    ['critical', 'critical'],
    ['info', 'info'],
  ])('may say severity %s, which is kept as %s', async (severity, kept) => {
    const namespace = freshNamespace();
    const failure = { failureReason: 'TaskRunImagePullFailed', runId: uid, severity };
    expect(bodyOf(await send('pipeline-failure', namespace, failure), 201)).toMatchObject({
      status: 'success',
      issue: {
        title: `Pipeline run failed: ${pipelineName}`,
        description: `The pipeline run ${pipelineName} failed with reason: TaskRunImagePullFailed`,
        severity: kept,
        issueType: 'pipeline',
        state: 'ACTIVE',
        namespace,
        scope: { resourceType: 'pipelinerun', resourceName: pipelineName, resourceNamespace: namespace },
      },
    });
  });

  it('may leave severity out, which is major', async () => {
    const answer = await send('pipeline-failure', freshNamespace(), { failureReason: 'Failed', runId: uid });
    expect(bodyOf(answer, 201)).toMatchObject({ issue: { severity: 'major' } });
  });

  it('gets the link to the logs that it named, or else the cluster’s own with the run that failed', async () => {
    const namespace = freshNamespace();
    const named = { failureReason: 'Failed', runId: uid, logsUrl: 'https://console.example/ns/runs/x/logs' };
    expect(bodyOf(await send('pipeline-failure', freshNamespace(), named), 201)).toMatchObject({
      issue: { links: [{ title: 'Pipeline Run Logs', url: 'https://console.example/ns/runs/x/logs' }] },
    });
    const unnamed = { failureReason: 'Failed', runId: uid };
    expect(bodyOf(await send('pipeline-failure', namespace, unnamed), 201)).toMatchObject({
      issue: {
        links: [{ title: 'Pipeline Run Logs', url: `https://console.example/ns/${namespace}/logs/${uid}` }],
      },
    });
  });

  it('makes one occurrence of a run that it reports again after a restart', async () => {
    const namespace = freshNamespace();
    const failure = { failureReason: 'Failed', runId: uid, severity: 'medium' };
    const first = bodyOf(await send('pipeline-failure', namespace, failure), 201);
    const again = bodyOf(await send('pipeline-failure', namespace, failure), 201);
    expect(again).toEqual(first);
    expect(again).toMatchObject({ issue: { occurrences: 1 } });
  });

  it('clears the issue by a success that carries nothing but name and namespace', async () => {
    const namespace = freshNamespace();
    await send('pipeline-failure', namespace, { failureReason: 'Failed', runId: uid, severity: 'medium' });
    expect(bodyOf(await send('pipeline-success', namespace, {}), 200)).toEqual({
      status: 'success',
      message: `Resolved 1 issue(s) for pipeline ${pipelineName}`,
    });
    expect((await kite.list({ namespace, state: 'ACTIVE' })).total).toBe(0);
  });

  it('is refused with 403 when query and body name different namespaces, and nothing is written', async () => {
    const before = await kite.stored();
    for (const webhook of ['pipeline-failure', 'pipeline-success']) {
      const answer = await kite.post(
        `/webhooks/${webhook}`,
        { pipelineName, namespace: 'theirs', failureReason: 'Failed', runId: uid },
        { query: { namespace: 'ours' } },
      );
      expectError(answer, 403);
    }
    expect(await kite.stored()).toBe(before);
  });
});
