/** `DELETE /issues/:id`: the issue goes with all that hangs on it; only newer news opens another one. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Issue } from '../../../core/contract/issue.ts';
import { at, component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { bodyOf, expectError, useKite } from '../../support/kite.ts';

const kite = useKite();

async function createAt(namespace: string, seconds: number, fields: object = {}): Promise<Issue> {
  return kite.create(issueBody(namespace, { observedAt: at(seconds), ...fields }));
}
async function remove(id: string): Promise<void> {
  const answer = await kite.ask('DELETE', `/issues/${id}`);
  expect(answer).toMatchObject({ status: 204, text: '' });
}

describe('DELETE /issues/:id', () => {
  it('answers 204 without a body, and the issue is gone from every route', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    const other = await createAt(namespace, 0, component('cart'));
    await remove(id);
    for (const [method, path, body] of [
      ['GET', ''],
      ['PUT', '', { title: 'Edited' }],
      ['DELETE', ''],
      ['POST', '/resolve'],
      ['POST', '/reopen'],
      ['GET', '/events'],
      ['POST', '/links', { title: 'Logs', url: 'https://logs.example/1' }],
      ['POST', '/related', { relatedId: other.id }],
    ] as const) {
      expectError(await kite.ask(method, `/issues/${id}${path}`, { ...(body && { body }) }), 404);
    }
    expectError(await kite.post(`/issues/${other.id}/related`, { relatedId: id }), 404);
    expect((await kite.list({ namespace })).data).toEqual([other]);
    expect(bodyOf(await kite.get('/issues/summary', { namespace }), 200)).toMatchObject({ total: 1 });
  });

  it('takes the relations of the issue from the other ends', async () => {
    const namespace = freshNamespace();
    const a = await createAt(namespace, 0);
    const b = await createAt(namespace, 0, component('cart'));
    const c = await createAt(namespace, 0, component('web'));
    await kite.post(`/issues/${a.id}/related`, { relatedId: b.id });
    await kite.post(`/issues/${c.id}/related`, { relatedId: a.id });
    await remove(a.id);
    for (const { id } of [b, c]) {
      expect(await kite.issue(id)).toMatchObject({ relatedFrom: [], relatedTo: [] });
    }
  });

  it('answers stale to reports that are not newer than what was known, and none of them is an issue', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 60, { eventId: 'event-1' });
    await remove(id);
    const statuses = await kite.statuses(
      failing(namespace, 0),
      passing(namespace, 0),
      failing(namespace, 59),
    );
    expect(statuses).toEqual(['stale', 'stale', 'stale']);
    const again = await kite.post(
      '/issues/',
      issueBody(namespace, { observedAt: at(60), eventId: 'event-1' }),
    );
    expect(bodyOf(again, 201)).toBeNull();
    expect((await kite.list({ namespace })).total).toBe(0);
  });

  it('measures newer by the newest report of either outcome', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    await kite.statuses(passing(namespace, 120));
    await remove(id);
    expect(await kite.statuses(failing(namespace, 60))).toEqual(['stale']);
    expect(await kite.statuses(failing(namespace, 121))).toEqual(['opened']);
  });

  it('a newer failure opens an issue with a new id and nothing of the old one', async () => {
    const namespace = freshNamespace();
    const links = [{ title: 'Logs', url: 'https://logs.example/1' }];
    const old = await createAt(namespace, 0, { links, labels: { team: 'falcon' } });
    await kite.ask('PUT', `/issues/${old.id}`, {
      body: { title: 'Edited', links: [{ title: 'Chat', url: 'https://chat.example/' }] },
    });
    await remove(old.id);
    const fresh = await createAt(namespace, 60);
    expect(fresh.id).not.toBe(old.id);
    expect(fresh).toMatchObject({
      title: 'Build of checkout failed',
      state: 'ACTIVE',
      detectedAt: at(60),
      firstSeenAt: at(60),
      occurrences: 1,
      reopened: 0,
      links: [],
    });
    expect(fresh.labels).not.toHaveProperty('team');
    expectError(await kite.get(`/issues/${old.id}`), 404);
    expect(await kite.events(fresh.id)).toHaveLength(1);
  });

  it('after it, a newer pass opens nothing, and a failure before that pass is born RESOLVED', async () => {
    const namespace = freshNamespace();
    await remove((await createAt(namespace, 0)).id);
    expect(await kite.statuses(passing(namespace, 120))).toEqual(['recorded']);
    expect((await kite.list({ namespace })).total).toBe(0);
    await kite.statuses(failing(namespace, 60));
    expect((await kite.list({ namespace })).data).toMatchObject([{ state: 'RESOLVED', resolvedAt: at(120) }]);
  });

  it('is not undone by webhooks that replay what was known: they answer their usual success and write nothing', async () => {
    const namespace = freshNamespace();
    const failure = {
      pipelineName: 'checkout',
      namespace,
      failureReason: 'Failed',
      observedAt: at(0),
      runId: 'run-1',
    };
    await remove((await kite.failure('pipeline-failure', failure)).id);
    const again = await kite.post('/webhooks/pipeline-failure', failure);
    expect(bodyOf(again, 201)).toEqual({ status: 'success', issue: null });
    const message = await kite.success('pipeline-success', {
      pipelineName: 'checkout',
      namespace,
      observedAt: at(-60),
    });
    expect(message).toBe('Resolved 0 issue(s) for pipeline checkout');
    expect((await kite.list({ namespace })).total).toBe(0);
  });

  it('settles what a person resolved too: the run that was under way when they pressed delete is newer only if it started later', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 100, { subjectCreatedAt: at(50) });
    await remove(id);
    expect(await kite.statuses(failing(namespace, 200, { subjectCreatedAt: at(40) }))).toEqual(['stale']);
    expect(await kite.statuses(failing(namespace, 200, { subjectCreatedAt: at(60) }))).toEqual(['opened']);
  });

  it('is refused with 403 for another namespace, and with 404 the second time', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    expectError(await kite.ask('DELETE', `/issues/${id}`, { query: { namespace: 'other' } }), 403);
    await kite.issue(id);
    const answer = await kite.ask('DELETE', `/issues/${id}/`, { query: { namespace } });
    expect(answer.status).toBe(204);
    expectError(await kite.ask('DELETE', `/issues/${id}`), 404);
    expectError(await kite.ask('DELETE', `/issues/${randomUUID()}`), 404);
  });
});
