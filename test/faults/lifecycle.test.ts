/**
 * Faults 2, 3, 9, 10 and 11 of the public service: what it makes of a failure that comes back, of old news,
 * of foreign scopes, and of successes that clear too much or nothing. (Fault 1: test/journeys/first-reports;
 * faults 5 and 6, the impersonation check and whose rights are asked for, come with the issue on identity.)
 */
import { describe, expect, it } from 'vitest';
import { at, freshNamespace, issueBody, tickingClock } from '../support/bodies.ts';
import { bodyOf, useKite, wholeIssue } from '../support/kite.ts';

const kite = useKite({ clock: tickingClock() });

function failed(namespace: string, seconds: number, fields: object = {}) {
  const failure = { pipelineName: 'checkout', failureReason: 'Failed', observedAt: at(seconds) };
  return kite.failure('pipeline-failure', { namespace, ...failure, ...fields });
}
function passed(namespace: string, seconds: number, fields: object = {}) {
  return kite.success('pipeline-success', {
    pipelineName: 'checkout',
    namespace,
    observedAt: at(seconds),
    ...fields,
  });
}
function resolvedMessage(count: number): string {
  return `Resolved ${count} issue(s) for pipeline checkout`;
}

describe('fault 2: a recurrence reopens', () => {
  it('fail, success, fail without any time ends ACTIVE, in the same issue, and says that it came back', async () => {
    const namespace = freshNamespace();
    const body = { pipelineName: 'checkout', namespace, failureReason: 'Failed' };
    const first = await kite.failure('pipeline-failure', body);
    expect(await kite.success('pipeline-success', { pipelineName: 'checkout', namespace })).toBe(
      resolvedMessage(1),
    );
    expect((await kite.issue(first.id)).state).toBe('RESOLVED');
    const again = await kite.failure('pipeline-failure', body);
    expect(again).toMatchObject({
      id: first.id,
      state: 'ACTIVE',
      resolvedAt: null,
      reopened: 1,
      occurrences: 2,
    });
    expect(again.detectedAt > first.detectedAt).toBe(true);
    expect((await kite.list({ namespace })).total).toBe(1);
  });

  it('reopening by PUT takes resolvedAt away', async () => {
    const { id } = await failed(freshNamespace(), 0);
    wholeIssue(bodyOf(await kite.ask('PUT', `/issues/${id}`, { body: { state: 'RESOLVED' } }), 200));
    expect((await kite.issue(id)).resolvedAt).not.toBeNull();
    const answer = await kite.ask('PUT', `/issues/${id}`, { body: { state: 'ACTIVE' } });
    expect(wholeIssue(bodyOf(answer, 200))).toMatchObject({ state: 'ACTIVE', resolvedAt: null });
  });
});

describe('fault 3: old news changes nothing but the history', () => {
  it('an old success that is replayed does not resolve a newer failure', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 60);
    expect(await passed(namespace, 0)).toBe(resolvedMessage(0));
    expect((await kite.issue(id)).state).toBe('ACTIVE');
  });

  it('the same success sent again after a newer failure repeats its answer and resolves nothing', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 0, { runId: 'run-1' });
    expect(await passed(namespace, 60, { runId: 'run-2' })).toBe(resolvedMessage(1));
    await failed(namespace, 120, { runId: 'run-3' });
    expect(await passed(namespace, 180, { runId: 'run-2' })).toBe(resolvedMessage(1));
    expect((await kite.issue(id)).state).toBe('ACTIVE');
  });

  it('an old failure that arrives late does not report again what is over', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 60);
    await passed(namespace, 120);
    const late = await failed(namespace, 0, { failureReason: 'late news' });
    expect(late).toMatchObject({ id, state: 'RESOLVED', resolvedAt: at(120), occurrences: 2, reopened: 0 });
    expect(late.description).toContain('Failed');
    expect(await kite.events(id)).toHaveLength(3);
  });

  it('a run that started before the one that passed, and fails after it, does not reopen', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 0);
    await passed(namespace, 300, { subjectCreatedAt: at(200) });
    const late = await failed(namespace, 400, { subjectCreatedAt: at(100) });
    expect(late).toMatchObject({
      id,
      state: 'RESOLVED',
      detectedAt: at(0),
      resolvedAt: at(400),
      reopened: 0,
    });
  });
});

describe('fault 9: a scope in another namespace', () => {
  it('does not defeat the one issue per identity', async () => {
    const namespace = freshNamespace();
    const scope = { resourceType: 'component', resourceName: 'checkout', resourceNamespace: 'elsewhere' };
    const first = await kite.create(issueBody(namespace, { scope, observedAt: at(0) }));
    const again = await kite.create(issueBody(namespace, { scope, observedAt: at(60) }));
    expect(again).toMatchObject({ id: first.id, occurrences: 2, scope });
    expect((await kite.list({ namespace })).total).toBe(1);
  });

  it('is an issue apart from the same name in the issue’s own namespace', async () => {
    const namespace = freshNamespace();
    const scope = { resourceType: 'component', resourceName: 'checkout' };
    const own = await kite.create(issueBody(namespace, { scope }));
    const same = await kite.create(
      issueBody(namespace, { scope: { ...scope, resourceNamespace: namespace } }),
    );
    const other = await kite.create(
      issueBody(namespace, { scope: { ...scope, resourceNamespace: 'elsewhere' } }),
    );
    expect(same.id).toBe(own.id);
    expect(other.id).not.toBe(own.id);
  });
});

describe('fault 10: release-success resolves only what it names', () => {
  it('leaves failed tests, other types and other plans of the application active', async () => {
    const namespace = freshNamespace();
    const scope = { resourceType: 'application', resourceName: 'shop' };
    const failure = {
      application: 'shop',
      namespace,
      failurePhase: 'verify',
      release: 'shop-r1',
      observedAt: at(0),
    };
    const release = await kite.failure('release-failure', failure);
    const planned = await kite.failure('release-failure', { ...failure, releasePlan: 'to-production' });
    const test = await kite.create(issueBody(namespace, { scope, issueType: 'test', observedAt: at(0) }));
    const build = await kite.create(issueBody(namespace, { scope, issueType: 'build', observedAt: at(0) }));
    const message = await kite.success('release-success', {
      application: 'shop',
      namespace,
      observedAt: at(60),
    });
    expect(message).toBe('Resolved 1 issue(s) for application shop');
    expect((await kite.issue(release.id)).state).toBe('RESOLVED');
    for (const other of [planned, test, build]) {
      expect((await kite.issue(other.id)).state).toBe('ACTIVE');
    }
  });
});

describe('fault 11: mintmaker issues resolve', () => {
  it.each(['error', 'warning', 'info'])('logs of type %s are over once a further run ends', async (type) => {
    const namespace = freshNamespace();
    const logs = { pipelineId: 'checkout', namespace, type, logs: ['one'], observedAt: at(0) };
    const { id } = await kite.failure('mintmaker-custom', logs);
    await passed(namespace, 10);
    expect((await kite.issue(id)).state).toBe('ACTIVE');
    await passed(namespace, 3600);
    expect(await kite.issue(id)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(3600) });
  });
});
