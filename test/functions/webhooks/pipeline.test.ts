/** `pipeline-failure` and `pipeline-success`: one issue of type pipeline for the pipeline of that name. */
import { describe, expect, it } from 'vitest';
import { at, freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';

const now = Date.parse(at(10_000));
const kite = useKite({ clock: () => now });

function failed(namespace: string, seconds: number, fields: object = {}) {
  const failure = { pipelineName: 'push', failureReason: 'Failed', observedAt: at(seconds) };
  return kite.failure('pipeline-failure', { namespace, ...failure, ...fields });
}
function passed(namespace: string, seconds: number, fields: object = {}) {
  return kite.success('pipeline-success', {
    pipelineName: 'push',
    namespace,
    observedAt: at(seconds),
    ...fields,
  });
}

describe('pipeline-failure', () => {
  it('is an issue with the title, description, scope and severity of the contract', async () => {
    const namespace = freshNamespace();
    expect(await failed(namespace, 0)).toMatchObject({
      title: 'Pipeline run failed: push',
      description: 'The pipeline run push failed with reason: Failed',
      severity: 'major',
      issueType: 'pipeline',
      state: 'ACTIVE',
      namespace,
      scope: { resourceType: 'pipelinerun', resourceName: 'push', resourceNamespace: namespace },
    });
  });

  it('takes what every webhook may say beyond the contract', async () => {
    const issue = await failed(freshNamespace(), 100, {
      subjectCreatedAt: at(50),
      cluster: 'east',
      labels: { application: 'shop', lifecycle: 'development', origin: 'user' },
      dueAt: '2099-01-01T00:00:00Z',
      run: { name: 'push-x7k2p', uid: 'uid-1' },
      eventId: 'event-1',
    });
    expect(issue).toMatchObject({
      cluster: 'east',
      application: 'shop',
      lifecycle: 'development',
      origin: 'user',
      dueAt: '2099-01-01T00:00:00.000Z',
      detectedAt: at(100),
    });
    expect(await kite.events(issue.id)).toMatchObject([
      {
        source: 'webhook/pipeline-failure',
        eventId: 'event-1',
        subjectCreatedAt: at(50),
        run: { name: 'push-x7k2p', uid: 'uid-1' },
      },
    ]);
  });

  it('without a time is observed when it is received', async () => {
    const issue = await failed(freshNamespace(), 0, { observedAt: undefined });
    expect(issue).toMatchObject({ detectedAt: at(10_000), lastSeenAt: at(10_000) });
  });

  it('of one run and then of another counts both, and shows the newer', async () => {
    const namespace = freshNamespace();
    await failed(namespace, 60, { runId: 'run-2', failureReason: 'Second', severity: 'critical' });
    const issue = await failed(namespace, 0, { runId: 'run-1', failureReason: 'First', severity: 'info' });
    expect(issue).toMatchObject({ occurrences: 2, severity: 'critical' });
    expect(issue.description).toContain('Second');
  });
});

describe('pipeline-success', () => {
  it('resolves the pipeline’s issue in that namespace and cluster, and says so', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 0);
    const other = await failed(namespace, 0, { pipelineName: 'nightly' });
    const elsewhere = await failed(`${namespace}-2`, 0);
    const east = await failed(namespace, 0, { cluster: 'east' });
    expect(await passed(namespace, 60)).toBe('Resolved 1 issue(s) for pipeline push');
    expect(await kite.issue(id)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(60) });
    for (const one of [other, elsewhere, east]) expect((await kite.issue(one.id)).state).toBe('ACTIVE');
    expect(await passed(namespace, 120)).toBe('Resolved 0 issue(s) for pipeline push');
    expect((await kite.issue(id)).resolvedAt).toBe(at(60));
  });

  it('resolves type pipeline alone', async () => {
    const namespace = freshNamespace();
    const scope = { resourceType: 'pipelinerun', resourceName: 'push' };
    const build = await kite.create(issueBody(namespace, { scope, observedAt: at(0) }));
    await failed(namespace, 0);
    expect(await passed(namespace, 60)).toBe('Resolved 1 issue(s) for pipeline push');
    expect((await kite.issue(build.id)).state).toBe('ACTIVE');
  });

  it('before any failure is kept: a failure of an older run is then born RESOLVED', async () => {
    const namespace = freshNamespace();
    expect(await passed(namespace, 60)).toBe('Resolved 0 issue(s) for pipeline push');
    expect(await failed(namespace, 0)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(60) });
  });

  it('of a run that was created before the one that failed resolves nothing', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 100, { subjectCreatedAt: at(50) });
    expect(await passed(namespace, 200, { subjectCreatedAt: at(40) })).toBe(
      'Resolved 0 issue(s) for pipeline push',
    );
    expect((await kite.issue(id)).state).toBe('ACTIVE');
    expect(await passed(namespace, 300, { subjectCreatedAt: at(60) })).toBe(
      'Resolved 1 issue(s) for pipeline push',
    );
  });

  it('older than the history is kept answers its usual sentence and resolves nothing', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 0);
    const message = await passed(namespace, 0, { observedAt: '2020-01-01T00:00:00Z' });
    expect(message).toBe('Resolved 0 issue(s) for pipeline push');
    expect((await kite.issue(id)).state).toBe('ACTIVE');
  });
});
