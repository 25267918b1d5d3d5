/**
 * Faults 5 and 6 of the public service: its impersonation check ignores the answer, so any authenticated caller can be
 * anyone; and without a token it checks its own rights instead of the caller's. Against a real API server.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Account, KubeClient } from '../cluster/client.ts';
import { asCluster } from '../cluster/kite-access.ts';
import { describeWithCluster, sharedCluster } from '../cluster/suite.ts';
import { issueBody } from '../support/bodies.ts';
import { home, useGuarded } from '../support/guarded.ts';
import { bodyOf, expectError } from '../support/kite.ts';

const pods = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];

describeWithCluster('who calls is who is asked about', () => {
  let cluster: KubeClient;
  let namespace = '';
  let member: Account;
  let outsider: Account;
  let proxy: Account;
  const alice = `alice-${crypto.randomUUID()}@example.com`;
  const guarded = useGuarded({
    access: async () => {
      cluster = await sharedCluster();
      namespace = await cluster.namespace();
      [member, outsider, proxy] = [
        await cluster.account(namespace),
        await cluster.account(namespace),
        await cluster.account(namespace),
      ];
      await cluster.allow(member, namespace, pods);
      await cluster.allow({ ...member, user: alice }, namespace, pods);
      await cluster.allow(proxy, undefined, [
        { apiGroups: [''], resources: ['users'], resourceNames: [alice], verbs: ['impersonate'] },
      ]);
      return asCluster(home, cluster, member.address.token);
    },
  });
  beforeAll(async () => {
    const root = guarded.kiteAs(await guarded.key({ may: ['report', 'read'] }));
    await root.create(issueBody(namespace));
  });
  afterAll(() => cluster?.close());

  const list = (account: Account | null, headers: Readonly<Record<string, string>> = {}) =>
    guarded.as(account?.address.token ?? null, headers)('GET', '/issues', { query: { namespace } });

  it('fault 5: who may not impersonate gets nothing, whoever is named', async () => {
    for (const name of [alice, member.user, 'system:admin']) {
      for (const account of [outsider, member]) {
        expect(expectError(await list(account, { 'Impersonate-User': name }), 403).code).toBe('forbidden');
      }
    }
    // The proxy may be Alice, and nobody else.
    expectError(await list(proxy, { 'Impersonate-User': member.user }), 403);
    bodyOf(await list(proxy, { 'Impersonate-User': alice }), 200);
    expectError(await list(proxy, { 'Impersonate-User': alice, 'Impersonate-Group': 'system:masters' }), 403);
  });

  it('fault 5: who is impersonated has no more rights for it, and who impersonates none of its own', async () => {
    expectError(await list(proxy), 403);
    const writing = guarded.as(proxy.address.token, { 'Impersonate-User': alice });
    const elsewhere = await writing('GET', '/issues', { query: { namespace: 'default' } });
    expect(expectError(elsewhere, 403).code).toBe('forbidden');
  });

  it('fault 5: the timeline says who acted, and on whose behalf', async () => {
    const asking = guarded.as(proxy.address.token, { 'Impersonate-User': alice });
    const kite = guarded.kiteAs(await guarded.key({ may: ['read'] }));
    const [issue] = (await kite.list({ namespace })).data;
    bodyOf(await asking('POST', `/issues/${issue?.id}/resolve`), 200);
    const [event] = await kite.events(issue?.id ?? '');
    expect(event?.actor).toBe(`${alice} via ${proxy.user}`);
  });

  it('fault 6: without a token nobody has rights, though the server itself has all of them', async () => {
    for (const headers of [{}, { 'Impersonate-User': alice }, { 'Impersonate-User': member.user }]) {
      const answer = await list(null, headers);
      expect(expectError(answer, 401).code).toBe('unauthenticated');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expectError(await list(outsider), 403);
    bodyOf(await list(member), 200);
  });

  it('a token of the cluster reads and writes in its own cluster only', async () => {
    const asking = guarded.as(member.address.token);
    expectError(await asking('POST', '/issues', { body: issueBody(namespace, { cluster: 'beta' }) }), 403);
    expectError(await asking('GET', '/issues', { query: { namespace, cluster: 'beta' } }), 403);
    const root = guarded.kiteAs(await guarded.key({ clusters: ['beta'], may: ['report', 'read'] }));
    const away = await root.create(issueBody(namespace, { title: 'Of another cluster' }));
    expect(away.cluster).toBe('beta');
    expectError(await asking('GET', `/issues/${away.id}`), 404);
    const page = (await asking('GET', '/issues', { query: { namespace } })).text;
    expect(page).not.toContain('Of another cluster');
  });
});
