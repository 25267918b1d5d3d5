/**
 * KITE's Go CLI (`konflux-issues`, `kubectl issues`): no trailing slashes, a resolve with an empty body,
 * and errors read from `error`, then `message`.
 */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { at, component, failing, freshNamespace, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, useKite, wholeIssue } from '../../support/kite.ts';

const kite = useKite();

describe('the Go CLI', () => {
  it('lists the issues of a namespace', async () => {
    const namespace = freshNamespace();
    await kite.statuses(failing(namespace, 0), failing(namespace, 60, component('cart')));
    const body = bodyOf(await kite.get('/issues', { namespace }), 200);
    expect(body).toMatchObject({ total: 2, limit: 50, offset: 0 });
    expect(body).toMatchObject({
      data: [{ scope: { resourceName: 'cart' } }, { scope: { resourceName: 'checkout' } }],
    });
  });

  it('lists by the filters of its flags, empty ones included', async () => {
    const namespace = freshNamespace();
    await kite.statuses(
      failing(namespace, 0),
      failing(namespace, 60, { severity: 'critical', issueType: 'test' }),
    );
    const query = {
      namespace,
      issueType: 'test',
      severity: 'critical',
      state: 'ACTIVE',
      resourceType: 'component',
    };
    const body = bodyOf(await kite.get('/issues', { ...query, search: '', limit: '10', offset: '' }), 200);
    expect(body).toMatchObject({ total: 1, limit: 10, offset: 0, data: [{ issueType: 'test' }] });
  });

  it('shows one issue', async () => {
    const namespace = freshNamespace();
    const created = await kite.create(issueBody(namespace, { observedAt: at(0) }));
    const shown = wholeIssue(bodyOf(await kite.get(`/issues/${created.id}`, { namespace }), 200));
    expect(shown).toEqual(created);
  });

  it.each([
    ['without a content type', {}],
    ['with a content type', { 'content-type': 'application/json' }],
  ])('resolves by an empty body %s, and is answered with the whole issue', async (_, headers) => {
    const namespace = freshNamespace();
    const created = await kite.create(
      issueBody(namespace, { observedAt: at(0), links: [{ title: 'Logs', url: 'https://logs.example/1' }] }),
    );
    const answer = await kite.ask('POST', `/issues/${created.id}/resolve`, { query: { namespace }, headers });
    const resolved = wholeIssue(bodyOf(answer, 200));
    expect(resolved).toMatchObject({
      id: created.id,
      state: 'RESOLVED',
      scope: created.scope,
      links: created.links,
    });
    expect(await kite.issue(created.id)).toEqual(resolved);
  });

  it('reads why it failed in error as well as in message', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    expectError(await kite.get(`/issues/${randomUUID()}`, { namespace }), 404);
    expectError(await kite.get(`/issues/${id}`, { namespace: 'other' }), 403);
    expectError(await kite.ask('POST', `/issues/${randomUUID()}/resolve`, { query: { namespace } }), 404);
    expectError(await kite.ask('POST', `/issues/${id}/resolve`, { query: { namespace: 'other' } }), 403);
    expectError(await kite.get('/issues'), 400);
    expect((await kite.issue(id)).state).toBe('ACTIVE');
  });

  it('gets 400 for a severity that is no severity: medium is a word of webhooks', async () => {
    expectError(await kite.get('/issues', { namespace: 'any', severity: 'medium' }), 400);
    expectError(await kite.post('/issues', issueBody('any', { severity: 'medium' })), 400);
  });
});
