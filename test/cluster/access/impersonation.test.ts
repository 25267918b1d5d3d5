import { beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../../functions/access/control.ts';
import { bearing, identify } from '../../functions/access/caller.ts';
import type { Account } from '../client.ts';
import { describeWithCluster } from '../suite.ts';
import { until } from '../until.ts';
import { pods, useAsked } from './asked.ts';
import { bind } from './roles.ts';

describeWithCluster('Who speaks for whom', () => {
  const asked = useAsked();

  describe('impersonation', () => {
    let proxy: Account;
    let robot: Account;

    beforeAll(async () => {
      const { client } = asked.server;
      [proxy, robot] = [await client.account(asked.namespace), await client.account(asked.namespace)];
      const as = (resource: string, ...resourceNames: string[]) => ({
        ...{ apiGroups: [''], resources: [resource], resourceNames, verbs: ['impersonate'] },
      });
      await client.allow(proxy, undefined, [
        as('users', 'alice@example.com'),
        as('groups', 'devs', 'devs,admins'),
        { ...as('uids', 'u-1'), apiGroups: ['authentication.k8s.io'] },
      ]);
      await client.allow(proxy, asked.namespace, [as('serviceaccounts', robot.name)]);
      await client.allow(robot, undefined, [as('users', 'bob@example.com')]);
      await client.must('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
        metadata: { name: 'pod-reader' },
        rules: [pods],
      });
      await bind(client, 'pod-reader', 'devs', asked.namespace, 'Group');
      await bind(client, 'kite-edit', 'admins', asked.namespace, 'Group');
      await bind(client, 'kite-edit', 'alice@example.com', asked.namespace);
      const access = asked.open();
      const admin = await access.authenticate(bearing(asked.server.address.token));
      expect(admin.actor).toBe('admin');
      await until('the groups have their rights', async () => {
        const groups = new Map([
          ['impersonate-user', ['alice@example.com']],
          ['impersonate-group', ['devs', 'admins']],
        ]);
        const everybody = await access.authenticate(
          bearing(asked.server.address.token, { impersonation: groups }),
        );
        return (await asked.rightsOf(access, everybody)).length === 3;
      });
    });

    const as = (who: Account, headers: Record<string, readonly string[]>, access = asked.open()) =>
      identify(access, bearing(who.address.token, { impersonation: new Map(Object.entries(headers)) }));

    test('of a user by somebody who may is that user, with that user’s rights and not the caller’s', async () => {
      const access = asked.open();
      const alice = await as(proxy, { 'impersonate-user': ['alice@example.com'] }, access);
      expect(alice).toEqual({
        actor: `alice@example.com via ${proxy.user}`,
        principal: 'alpha/alice@example.com',
        cluster: 'alpha',
        clusters: ['alpha'],
      });
      expect(await asked.rightsOf(access, alice as Caller)).toEqual(['report', 'act']);
    });

    test('of groups gives the rights of these groups', async () => {
      const access = asked.open();
      const alice = await as(
        proxy,
        {
          'impersonate-user': ['alice@example.com'],
          'impersonate-group': ['devs'],
          'impersonate-uid': ['u-1'],
        },
        access,
      );
      expect(await asked.rightsOf(access, alice as Caller)).toEqual(['read', 'report', 'act']);
    });

    test('of a group whose name holds a comma is not of two groups', async () => {
      const access = asked.open();
      const headers = { 'impersonate-user': ['alice@example.com'], 'impersonate-group': ['devs,admins'] };
      const alice = await as(proxy, headers, access);
      expect(await asked.rightsOf(access, alice as Caller)).toEqual(['report', 'act']);
    });

    test.each([
      ['another user', { 'impersonate-user': ['bob@example.com'] }],
      ['an administrator', { 'impersonate-user': ['admin'] }],
      [
        'another group',
        { 'impersonate-user': ['alice@example.com'], 'impersonate-group': ['system:masters'] },
      ],
      [
        'one more group',
        { 'impersonate-user': ['alice@example.com'], 'impersonate-group': ['devs', 'admins'] },
      ],
      ['another uid', { 'impersonate-user': ['alice@example.com'], 'impersonate-uid': ['u-2'] }],
      ['an extra', { 'impersonate-user': ['alice@example.com'], 'impersonate-extra-scopes': ['view'] }],
      ['another account', { 'impersonate-user': ['system:serviceaccount:kube-system:default'] }],
    ])('of %s by somebody who may not is refused', async (_, headers) => {
      expect(await as(proxy, headers)).toMatchObject({ code: 'forbidden' });
    });

    test('of an account gives not what that account may impersonate', async () => {
      const user = robot.user;
      expect(await as(proxy, { 'impersonate-user': [user] })).toMatchObject({
        actor: `${user} via ${proxy.user}`,
      });
      expect(await as(robot, { 'impersonate-user': ['bob@example.com'] })).toHaveProperty('actor');
      expect(await as(proxy, { 'impersonate-user': ['bob@example.com'] })).toMatchObject({
        code: 'forbidden',
      });
    });

    test('that cannot be judged is not allowed', async () => {
      asked.front.spoil({ resource: 'subjectaccessreviews', status: 500, text: '{}' });
      const found = await as(proxy, { 'impersonate-user': ['alice@example.com'] });
      asked.front.spoil(null);
      expect(found).toMatchObject({ code: 'unavailable' });
    });
  });
});
