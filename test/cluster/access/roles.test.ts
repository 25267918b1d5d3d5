import { describe, expect, test } from 'vitest';
import { bearing } from '../../functions/access/caller.ts';
import { describeWithCluster } from '../suite.ts';
import { until } from '../until.ts';
import { pods, useAsked } from './asked.ts';
import { bind, shippedRoles } from './roles.ts';

describeWithCluster('The rights that a cluster gives', () => {
  const asked = useAsked();

  describe('the roles that are shipped', () => {
    const holder = async (role: string, where?: string) => {
      const account = await asked.server.client.account(asked.namespace);
      await bind(asked.server.client, role, account.user, where);
      const access = asked.open();
      const caller = await access.authenticate(bearing(account.address.token));
      return { access, caller };
    };
    const everywhere = { name: undefined, at: null };

    test.each([
      ['kite-edit', 'in its namespace', ['report', 'act']],
      ['kite-admin', 'in its namespace', ['report', 'act']],
      ['kite-reporter', 'everywhere', ['report']],
      ['kite-administrator', 'everywhere', ['report', 'act', 'admin']],
    ])('%s bound %s gives %j', async (role, where, expected) => {
      const isLocal = where === 'in its namespace';
      const { access, caller } = await holder(role, isLocal ? asked.namespace : everywhere.name);
      const place = isLocal ? asked.namespace : everywhere.at;
      await until('the role is known', () => asked.may(access, caller, 'report', place));
      const found = await asked.rightsOf(access, caller, place);
      expect(found).toEqual(expected);
      expect(await asked.rightsOf(access, caller, isLocal ? null : asked.namespace)).toEqual(
        isLocal ? [] : expected,
      );
    });

    test('are added to view, edit and admin by their labels', async () => {
      const labels = (await shippedRoles()).flatMap(({ metadata }) =>
        Object.keys(metadata.labels)
          .filter((label) => label.startsWith('rbac.authorization.k8s.io/'))
          .map((label) => `${metadata.name} ${label.split('/')[1]}`),
      );
      expect(labels).toEqual([
        'kite-view aggregate-to-view',
        'kite-edit aggregate-to-edit',
        'kite-admin aggregate-to-admin',
      ]);
      const selectors = await Promise.all(
        ['view', 'edit', 'admin'].map((name) =>
          asked.server.client.must('GET', `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`),
        ),
      );
      expect(
        selectors.map(({ aggregationRule }) => aggregationRule.clusterRoleSelectors[0].matchLabels),
      ).toEqual(
        ['view', 'edit', 'admin'].map((name) => ({
          [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true',
        })),
      );
    });

    test('with compat, who may get pods may report and act as well', async () => {
      const account = await asked.server.client.account(asked.namespace);
      await asked.server.client.allow(account, asked.namespace, [pods]);
      const access = asked.open({ compat: true });
      const caller = await access.authenticate(bearing(account.address.token));
      expect(await asked.rightsOf(access, caller)).toEqual(['read', 'report', 'act']);
    });
  });
});
