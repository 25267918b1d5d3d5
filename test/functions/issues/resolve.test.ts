/** `POST /issues/:id/resolve` and `/reopen`: a person settles what was known; what comes later counts again. */
import { describe, expect, it } from 'vitest';
import type { Issue } from '../../../core/contract/issue.ts';
import { at, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { type Ask, bodyOf, expectError, useKite, wholeIssue } from '../../support/kite.ts';

let now = Date.parse(at(10_000));
const kite = useKite({ clock: () => now });

async function createAt(namespace: string, seconds: number, fields: object = {}): Promise<Issue> {
  return kite.create(issueBody(namespace, { observedAt: at(seconds), ...fields }));
}
/** Resolves or reopens when the server's clock shows so many seconds. */
async function act(verb: 'resolve' | 'reopen', id: string, seconds: number, ask: Ask = {}): Promise<Issue> {
  now = Date.parse(at(seconds));
  const acted = wholeIssue(bodyOf(await kite.ask('POST', `/issues/${id}/${verb}`, ask), 200));
  expect(await kite.issue(id)).toEqual(acted);
  return acted;
}

describe('POST /issues/:id/resolve', () => {
  it('answers the whole issue, resolved now, with no further occurrence and its text unchanged', async () => {
    const namespace = freshNamespace();
    const created = await createAt(namespace, 0, {
      links: [{ title: 'Logs', url: 'https://logs.example/1' }],
    });
    const resolved = await act('resolve', created.id, 10_000);
    expect({ ...resolved, updatedAt: '' }).toEqual({
      ...created,
      state: 'RESOLVED',
      resolvedAt: at(10_000),
      updatedAt: '',
    });
  });

  it('again changes nothing: it was resolved when it was first', async () => {
    const { id } = await createAt(freshNamespace(), 0);
    await act('resolve', id, 10_000);
    expect(await act('resolve', id, 10_100)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(10_000) });
  });

  it('of an issue that a pass had resolved keeps the moment of that pass', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    await kite.statuses(passing(namespace, 60));
    expect((await act('resolve', id, 10_000)).resolvedAt).toBe(at(60));
  });

  it('a run that was under way when somebody pressed resolve, and then fails, reopens', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 100, { subjectCreatedAt: at(50) });
    await act('resolve', id, 10_000);
    const [result] = await kite.reports([failing(namespace, 10_050, { subjectCreatedAt: at(9_000) })]);
    expect(result).toMatchObject({ status: 'reopened', issueId: id });
    expect(await kite.issue(id)).toMatchObject({ state: 'ACTIVE', reopened: 1, detectedAt: at(10_050) });
  });

  it('an old failure that was not known then, and comes late, does not reopen', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 100);
    await act('resolve', id, 10_000);
    await kite.statuses(failing(namespace, 50));
    await kite.statuses(failing(namespace, 10_100, { subjectCreatedAt: at(90) }));
    expect(await kite.issue(id)).toMatchObject({ state: 'RESOLVED', occurrences: 3, reopened: 0 });
  });

  it('settles a failure whose clock ran ahead: it sorts directly after the newest known', async () => {
    const namespace = freshNamespace();
    now = Date.parse(at(10_000));
    const { id } = await createAt(namespace, 10_200);
    const resolved = await act('resolve', id, 10_000);
    expect(resolved).toMatchObject({ state: 'RESOLVED', detectedAt: at(10_200) });
    expect(Date.parse(resolved.resolvedAt ?? '')).toBe(Date.parse(at(10_200)) + 1);
    now = Date.parse(at(10_300));
    expect(await kite.statuses(failing(namespace, 10_300))).toEqual(['reopened']);
  });

  it('settles after the newest report of either outcome, so that a late failure before that pass stays settled', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    await kite.statuses(passing(namespace, 100));
    await act('resolve', id, 10_000);
    await kite.statuses(failing(namespace, 99));
    expect(await kite.issue(id)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(100), reopened: 0 });
  });

  it('with the same Idempotency-Key resolves once, and answers the issue as it is now', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    const ask = { headers: { 'idempotency-key': 'press-1' } };
    await act('resolve', id, 10_000, ask);
    await kite.statuses(failing(namespace, 9_500));
    expect(await act('resolve', id, 10_100, ask)).toMatchObject({ state: 'ACTIVE', reopened: 1 });
    expect(await act('resolve', id, 10_200, { headers: { 'idempotency-key': 'press-2' } })).toMatchObject({
      state: 'RESOLVED',
      resolvedAt: at(10_200),
    });
  });

  it('takes a body that says nothing, and the namespace with or without a slash', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    for (const path of [`/issues/${id}/resolve`, `/issues/${id}/resolve/`]) {
      for (const ask of [{}, { body: {} }, { raw: '', headers: { 'content-type': 'application/json' } }]) {
        wholeIssue(bodyOf(await kite.ask('POST', path, { ...ask, query: { namespace } }), 200));
      }
    }
  });
});

describe('POST /issues/:id/reopen', () => {
  it('answers the whole issue, active since now, in a new episode without an occurrence', async () => {
    const namespace = freshNamespace();
    const created = await createAt(namespace, 0);
    await kite.statuses(passing(namespace, 60));
    const reopened = await act('reopen', created.id, 10_000);
    expect({ ...reopened, updatedAt: '' }).toEqual({
      ...created,
      state: 'ACTIVE',
      detectedAt: at(10_000),
      resolvedAt: null,
      reopened: 1,
      occurrences: 1,
      episodeOccurrences: 0,
      updatedAt: '',
    });
  });

  it('of an active issue leaves it as it is', async () => {
    const created = await createAt(freshNamespace(), 0);
    const reopened = await act('reopen', created.id, 10_000);
    expect({ ...reopened, updatedAt: '' }).toEqual({ ...created, updatedAt: '' });
  });

  it('holds against old passes, and gives way to the next one', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    await act('resolve', id, 10_000);
    await act('reopen', id, 10_100);
    await kite.statuses(passing(namespace, -10));
    expect((await kite.issue(id)).state).toBe('ACTIVE');
    expect(await kite.statuses(passing(namespace, 9_000))).toEqual(['resolved']);
    // Never before the failure that it follows was seen: here the person's reopening.
    expect(await kite.issue(id)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(10_100), reopened: 1 });
  });

  it('with the same Idempotency-Key reopens once', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    await act('resolve', id, 10_000);
    const ask = { headers: { 'idempotency-key': 'press-1' } };
    expect(await act('reopen', id, 10_100, ask)).toMatchObject({ state: 'ACTIVE', reopened: 1 });
    await act('resolve', id, 10_200);
    expect(await act('reopen', id, 10_300, ask)).toMatchObject({ state: 'RESOLVED', reopened: 1 });
  });

  it('after a reopening the next failure adds to the same episode', async () => {
    const namespace = freshNamespace();
    const { id } = await createAt(namespace, 0);
    await act('resolve', id, 10_000);
    await act('reopen', id, 10_100);
    expect(await kite.statuses(failing(namespace, 10_200))).toEqual(['updated']);
    expect(await kite.issue(id)).toMatchObject({
      reopened: 1,
      occurrences: 2,
      episodeOccurrences: 1,
      detectedAt: at(10_100),
    });
  });
});

describe('resolve and reopen', () => {
  it.each(['resolve', 'reopen'])(
    '%s is refused with 403 for another namespace, and changes nothing',
    async (verb) => {
      const { id } = await createAt(freshNamespace(), 0);
      const before = await kite.stored();
      expectError(await kite.ask('POST', `/issues/${id}/${verb}`, { query: { namespace: 'other' } }), 403);
      expect(await kite.stored()).toBe(before);
    },
  );

  it('are on the timeline, as actions of a user', async () => {
    const { id } = await createAt(freshNamespace(), 0);
    await act('resolve', id, 10_000);
    await act('reopen', id, 10_100);
    expect(await kite.events(id)).toMatchObject([
      { source: 'user', outcome: 'failing', observedAt: at(10_100) },
      { source: 'user', outcome: 'passing', observedAt: at(10_000) },
      { source: 'api', outcome: 'failing', observedAt: at(0) },
    ]);
  });
});
