/**
 * Every operation of the API, asked by everybody, on what is theirs, on what is not, and on a mixture. matrix.ts says what
 * is answered; an operation that is missing there fails.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { type OperationId, operations } from '../../../core/contract/operations.ts';
import { reportsAnswer } from '../../../core/contract/reports.ts';
import type { KubeClient } from '../../cluster/client.ts';
import { asCluster } from '../../cluster/kite-access.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { component, failing } from '../../support/bodies.ts';
import { type Asking, type Guarded, home, useGuarded } from '../../support/guarded.ts';
import type { Answer } from '../../support/kite.ts';
import { calls, type Things } from './calls.ts';
import { matrix, type Role, roles } from './matrix.ts';

const elsewhere = 'beta';
const ids = Object.keys(operations) as OperationId[];
const coded = z.object({ code: z.string() });
const shown = z.object({ issue: z.unknown() });

/** An answer in a word or two. */
function said(operation: OperationId, answer: Answer): string {
  const { status, body } = answer;
  if (status >= 400) {
    return `${status} ${coded.parse(body).code}`;
  }
  if (operation === 'reports.apply') {
    const { results } = reportsAnswer.parse(body);
    return `${status} ${results.map((result) => result.error?.code ?? result.status).join(', ')}`;
  }
  if (status === 201 && (operation === 'issues.create' || operation.startsWith('webhooks.'))) {
    const issue = operation === 'issues.create' ? body : shown.parse(body).issue;
    return `${status} ${issue === null ? 'without' : 'with'} the issue`;
  }
  return String(status);
}

/** What is asked of one operation by one role, for each of the three. */
async function answers(
  guarded: Guarded,
  operation: OperationId,
  asking: Asking,
  [own, foreign]: readonly [string, string],
): Promise<readonly string[]> {
  const root = guarded.kiteAs(await guarded.key({ clusters: ['*'], may: ['read', 'report', 'act'] }));
  const keyOf = async (clusters: readonly string[]): Promise<string> =>
    (await guarded.key({ clusters })).split('_')[1] ?? '';
  const issue = async (namespace: string): Promise<string> =>
    (await root.reports([failing(namespace, 0, component(crypto.randomUUID()))]))[0]?.issueId ?? '';
  const ask = async (
    namespace: string,
    beside: string | null,
    otherNamespace: string,
    clusters: readonly string[],
  ): Promise<string> => {
    const [id, otherId] = [await issue(namespace), await issue(otherNamespace)];
    if (operation === 'relations.delete') {
      await root.post(`/issues/${id}/related`, { relatedId: otherId });
    }
    const things: Things = {
      ...{ namespace, beside, id, otherId, clusters },
      asked: beside,
      keyId: await keyOf(clusters),
    };
    return said(operation, await asking(...calls[operation](things)));
  };
  return [
    await ask(own, null, own, [home]),
    await ask(foreign, null, foreign, [elsewhere]),
    await ask(foreign, own, own, [home, elsewhere]),
  ];
}

test('knows every operation', () => {
  expect(Object.keys(matrix).toSorted()).toEqual(ids.toSorted());
  for (const operation of ids) {
    expect(Object.keys(matrix[operation]).toSorted()).toEqual(roles.toSorted());
  }
});

describe('with API keys', () => {
  const guarded = useGuarded();
  const places = ['team-own', 'team-foreign'] as const;
  const [own] = places;
  const grants = {
    stranger: { namespaces: ['team-elsewhere'], may: ['read', 'report', 'act'] },
    reader: { namespaces: [own], may: ['read'] },
    reporter: { namespaces: [own], may: ['report'] },
    actor: { namespaces: [own], may: ['read', 'act'] },
    admin: { namespaces: ['*'], may: ['read', 'report', 'act', 'admin'] },
    operator: { namespaces: ['*'], may: ['report'] },
  } as const;
  const tokens = new Map<Role, string | null>([['nobody', null]]);

  beforeAll(async () => {
    for (const [role, grant] of Object.entries(grants)) {
      tokens.set(role as Role, await guarded.key({ name: role, ...grant }));
    }
  });

  describe.each(roles.filter((role) => role !== 'impersonator'))('%s', (role) => {
    test.each(ids)('%s', async (operation) => {
      const asking = guarded.as(tokens.get(role) ?? null);
      expect(await answers(guarded, operation, asking, places)).toEqual(matrix[operation][role]);
    });
  });
});

describeWithCluster('with a token of a cluster, in the name of another', () => {
  let cluster: KubeClient;
  let own = '';
  let foreign = '';
  let token = '';
  const user = `alice-${crypto.randomUUID()}@example.com`;
  const guarded = useGuarded({
    access: async () => {
      cluster = await sharedCluster();
      [own, foreign] = [await cluster.namespace(), await cluster.namespace()];
      const proxy = await cluster.account(own);
      token = proxy.address.token;
      await cluster.allow(proxy, undefined, [
        { apiGroups: [''], resources: ['users'], resourceNames: [user], verbs: ['impersonate'] },
      ]);
      await cluster.allow({ ...proxy, user }, own, [
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      ]);
      return asCluster(home, cluster, token);
    },
  });
  afterAll(() => cluster?.close());

  test.each(ids)('impersonator: %s', async (operation) => {
    const asking = guarded.as(token, { 'Impersonate-User': user });
    expect(await answers(guarded, operation, asking, [own, foreign])).toEqual(matrix[operation].impersonator);
  });
});
