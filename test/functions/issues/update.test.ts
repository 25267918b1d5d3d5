/** `PUT /issues/:id`: what a person writes wins over what reports say; a state is a resolve or a reopen; identity stays. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Issue } from '../../../core/contract/issue.ts';
import { at, freshNamespace, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, type Query, useKite, wholeIssue } from '../../support/kite.ts';

const kite = useKite();

function ask(id: string, body: object, query: Query = {}, headers = {}) {
  return kite.ask('PUT', `/issues/${id}/`, { body, query, headers });
}
async function put(id: string, body: object, query: Query = {}, headers = {}): Promise<Issue> {
  const updated = wholeIssue(bodyOf(await ask(id, body, query, headers), 200));
  expect(await kite.issue(id)).toEqual(updated);
  return updated;
}
function link(name: string) {
  return { title: name, url: `https://logs.example/${name}` };
}
function titles(issue: Issue): readonly string[] {
  return issue.links.map((one) => one.title).sort();
}

describe('PUT /issues/:id', () => {
  it('answers the whole issue with what was changed, and leaves the rest', async () => {
    const namespace = freshNamespace();
    const created = await kite.create(issueBody(namespace, { observedAt: at(0), links: [link('report')] }));
    const updated = await put(created.id, { title: 'Known: registry is down' }, { namespace });
    expect({ ...updated, updatedAt: '' }).toEqual({
      ...created,
      title: 'Known: registry is down',
      updatedAt: '',
    });
    expect(updated.updatedAt >= created.updatedAt).toBe(true);
    expect(await put(created.id, {})).toMatchObject({ title: 'Known: registry is down', state: 'ACTIVE' });
  });

  it.each<readonly [keyof Issue, unknown, unknown]>([
    ['title', 'Edited', 'Reported'],
    ['description', 'Edited', 'Reported'],
    ['severity', 'info', 'critical'],
    ['dueAt', '2099-01-01T00:00:00.000Z', '2098-01-01T00:00:00.000Z'],
    ['dueAt', null, '2098-01-01T00:00:00.000Z'],
  ])(
    'an edited %s (%s) wins over every later report, and the newest edit over those before',
    async (field, edited, reported) => {
      const namespace = freshNamespace();
      const { id } = await kite.create(issueBody(namespace, { observedAt: at(0) }));
      const other = { title: 'Edited before', description: 'Edited before', severity: 'minor', dueAt: at(0) };
      await put(id, { [field]: other[field as keyof typeof other] });
      expect((await put(id, { [field]: edited }))[field]).toEqual(edited);
      const later = await kite.create(
        issueBody(namespace, { observedAt: at(60), [field]: reported, title: 'Later' }),
      );
      expect(later[field]).toEqual(edited);
      expect(later.occurrences).toBe(2);
      if (field !== 'title') expect(later.title).toBe('Later');
    },
  );

  it('edited labels win over those of later reports, all of them', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace, { observedAt: at(0), labels: { team: 'falcon' } }));
    const edited = await put(id, { labels: { lifecycle: 'production', owner: 'jo' } });
    expect(edited).toMatchObject({
      lifecycle: 'production',
      labels: { lifecycle: 'production', owner: 'jo' },
    });
    expect(edited.labels).not.toHaveProperty('team');
    const later = await kite.create(issueBody(namespace, { observedAt: at(60), labels: { team: 'eagle' } }));
    expect(later.labels).toEqual(edited.labels);
    expect((await kite.list({ namespace, label: 'owner=jo' })).total).toBe(1);
  });

  it('takes no part in state, episodes and counts', async () => {
    const namespace = freshNamespace();
    const created = await kite.create(issueBody(namespace, { observedAt: at(0), state: 'RESOLVED' }));
    const { state, resolvedAt, occurrences, reopened, lastSeenAt } = await put(created.id, {
      title: 'Edited',
    });
    expect({ state, resolvedAt, occurrences, reopened, lastSeenAt }).toEqual({
      state: 'RESOLVED',
      resolvedAt: created.resolvedAt,
      occurrences: 1,
      reopened: 0,
      lastSeenAt: at(0),
    });
  });

  it('state RESOLVED resolves and state ACTIVE reopens, without an occurrence', async () => {
    const { id } = await kite.create(issueBody(freshNamespace(), { observedAt: at(0) }));
    const resolved = await put(id, { state: 'RESOLVED', title: 'Mended' });
    expect(resolved).toMatchObject({ state: 'RESOLVED', title: 'Mended', occurrences: 1 });
    expect(await put(id, { state: 'ACTIVE' })).toMatchObject({
      state: 'ACTIVE',
      resolvedAt: null,
      reopened: 1,
      occurrences: 1,
    });
  });

  it('a state that the issue has already keeps it as it is', async () => {
    const { id, detectedAt } = await kite.create(issueBody(freshNamespace(), { observedAt: at(0) }));
    expect(await put(id, { state: 'ACTIVE' })).toMatchObject({
      state: 'ACTIVE',
      detectedAt,
      reopened: 0,
      occurrences: 1,
    });
    const { resolvedAt } = await put(id, { state: 'RESOLVED' });
    expect(await put(id, { state: 'RESOLVED' })).toMatchObject({ state: 'RESOLVED', resolvedAt });
  });

  it('ignores a resolvedAt, with and without a state', async () => {
    const { id } = await kite.create(issueBody(freshNamespace(), { observedAt: at(0) }));
    expect(await put(id, { resolvedAt: at(30) })).toMatchObject({ state: 'ACTIVE', resolvedAt: null });
    const { resolvedAt } = await put(id, { state: 'RESOLVED', resolvedAt: '2020-01-01T00:00:00Z' });
    expect(resolvedAt).not.toMatch(/^2020/);
    expect(await put(id, { state: 'ACTIVE', resolvedAt: at(30) })).toMatchObject({
      state: 'ACTIVE',
      resolvedAt: null,
    });
  });

  it('takes the whole issue back as it was read: what is repeated unchanged changes nothing', async () => {
    const namespace = freshNamespace();
    const created = await kite.create(issueBody(namespace, { observedAt: at(0), cluster: 'east' }));
    const { cluster, issueType, scope } = created;
    const repeated = { namespace, cluster, issueType, scope: { ...scope, resourceType: 'Component' } };
    expect({ ...(await put(created.id, repeated)), updatedAt: '' }).toEqual({ ...created, updatedAt: '' });
    expect({ ...(await put(created.id, { ...created, title: 'Edited' })), updatedAt: '' }).toEqual({
      ...created,
      title: 'Edited',
      updatedAt: '',
    });
  });

  it('refuses another namespace with 403, another type, scope or cluster with 400, and changes nothing', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    const before = await kite.stored();
    const title = 'Moved';
    expectError(await ask(id, { title, namespace: 'elsewhere' }), 403);
    expectError(await ask(id, { title }, { namespace: 'elsewhere' }), 403);
    for (const other of [
      { issueType: 'test' },
      { cluster: 'east' },
      { scope: { resourceType: 'application' } },
      { scope: { resourceName: 'cart' } },
      { scope: { resourceNamespace: 'elsewhere' } },
      { scope: { resourceType: 'component', resourceName: 'cart', resourceNamespace: namespace } },
    ]) {
      expectError(await ask(id, { title, ...other }), 400);
    }
    expect(await kite.stored()).toBe(before);
  });

  it('links replace the links that people added, and keep those of reports', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace, { observedAt: at(0), links: [link('reported')] }));
    expect(titles(await put(id, { links: [link('runbook'), link('chat')] }))).toEqual([
      'chat',
      'reported',
      'runbook',
    ]);
    await kite.post(`/issues/${id}/links`, link('ticket'));
    expect(titles(await kite.issue(id))).toEqual(['chat', 'reported', 'runbook', 'ticket']);
    expect(titles(await put(id, { links: [link('ticket-2')] }))).toEqual(['reported', 'ticket-2']);
    await kite.create(issueBody(namespace, { observedAt: at(60), links: [link('reported-2')] }));
    expect(titles(await kite.issue(id))).toEqual(['reported', 'reported-2', 'ticket-2']);
    expect(titles(await put(id, { links: [] }))).toEqual(['reported', 'reported-2']);
    expect(titles(await put(id, { title: 'No links named' }))).toEqual(['reported', 'reported-2']);
  });

  it('with the same Idempotency-Key again does not act again', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace, { observedAt: at(0) }));
    const key = { 'idempotency-key': 'press-1' };
    await put(id, { state: 'RESOLVED', title: 'Mended' }, {}, key);
    await put(id, { title: 'Named anew' });
    await kite.create(
      issueBody(namespace, { observedAt: new Date().toISOString(), subjectCreatedAt: at(30) }),
    );
    expect(await put(id, { state: 'RESOLVED', title: 'Mended' }, {}, key)).toMatchObject({
      state: 'ACTIVE',
      title: 'Named anew',
      reopened: 1,
    });
  });

  it('answers 404 for an issue that does not exist', async () => {
    expectError(await ask(randomUUID(), { title: 'Edited' }), 404);
  });
});
