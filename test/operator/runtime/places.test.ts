import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { KubeClient } from '../../cluster/client.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { put, type Watching, watchConfigMaps } from './watching.ts';

const READ = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }];

/** Where a manager looks, and with which rights. */
describeWithCluster('The namespaces of a manager', () => {
  let client: KubeClient;
  const open: Watching[] = [];
  const watch: typeof watchConfigMaps = async (...args) => {
    const watching = await watchConfigMaps(...args);
    open.push(watching);
    return watching;
  };
  const label = (namespace: string, labels: Readonly<Record<string, string | null>>) =>
    client.must('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels } });

  beforeAll(async () => {
    client = await sharedCluster();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((watching) => watching.close()));
  });
  afterAll(() => client.close());

  test('by name need rights there and nowhere else; one that is forbidden is named and does not stop the others', async () => {
    const [mine, theirs] = [await client.namespace(), await client.namespace()];
    const account = await client.account(mine);
    await client.allow(account, mine, READ);
    await put(client, mine, 'one', 'good');
    await put(client, theirs, 'two', 'good');
    const { accepted, manager, counts } = await watch(account.address, {
      namespaces: { names: [mine, theirs] },
      random: () => 0.1,
    });
    await until('the own namespace is seen', () => accepted.includes('one@good'));
    await until('the other one is named', () => manager.state().problems.length > 0);
    expect(manager.state().controllers[0]).toMatchObject({ isSynced: false });
    expect(manager.state().problems).toMatchObject([{ name: `configmap: list configmaps in ${theirs}` }]);
    expect(manager.state().problems[0]?.message).toContain('A permission is missing');
    expect(counts.get('watch_restarts{controller="configmap",reason="forbidden"}')).toBeGreaterThan(0);
    await client.allow(account, theirs, READ);
    await until('it is tried again', () => accepted.includes('two@good'));
    expect(manager.state()).toMatchObject({ controllers: [{ isSynced: true }], problems: [] });
  });

  test('that becomes forbidden is named; what was seen there is not taken for deleted', async () => {
    const [mine, theirs] = [await client.namespace(), await client.namespace()];
    const account = await client.account(mine);
    await client.allow(account, mine, READ);
    const forbid = await client.allow(account, theirs, READ);
    await put(client, theirs, 'two', 'good');
    const { accepted, manager } = await watch(account.address, {
      namespaces: { names: [mine, theirs] },
      resync: 500,
    });
    await until('it is seen', () => accepted.includes('two@good'));
    await forbid();
    await until('it is named', () => manager.state().problems.some(({ name }) => name.endsWith(theirs)));
    await put(client, mine, 'one', 'good');
    await until('the other one goes on', () => accepted.includes('one@good'));
    expect(accepted).toStrictEqual(['two@good', 'one@good']);
    expect(manager.state().controllers[0]).toMatchObject({ watched: 2 });
  });

  test('may be the whole cluster, without those that are excluded', async () => {
    const [one, other] = [await client.namespace(), await client.namespace()];
    await put(client, one, 'one', 'good');
    await put(client, other, 'other', 'good');
    const { accepted, manager } = await watch(client.address, { namespaces: { excluded: [other] } });
    await until('it is listed', () => manager.state().controllers[0]?.isSynced === true);
    await put(client, other, 'other', 'bad');
    await put(client, one, 'one', 'bad');
    await until('the change is seen', () => accepted.includes('one@bad'));
    expect(accepted.filter((each) => each.startsWith('other'))).toStrictEqual([]);
  });

  test('may be chosen by a label, which comes and goes', async () => {
    const team = `team-${process.pid}-${Date.now()}`;
    const [first, second] = [await client.namespace({ team }), await client.namespace()];
    const excluded = await client.namespace({ team });
    await put(client, first, 'one', 'good');
    await put(client, second, 'two', 'good');
    await put(client, excluded, 'three', 'good');
    const { accepted } = await watch(client.address, {
      namespaces: { selector: `team=${team}`, excluded: [excluded] },
    });
    await until('what is there is seen', () => accepted.includes('one@good'));
    await label(second, { team });
    await until('what was there before is seen', () => accepted.includes('two@good'));
    await put(client, second, 'two', 'bad');
    await until('what changes is seen', () => accepted.includes('two@bad'));
    await label(first, { team: null });
    await until('the label is missed', async () => {
      const seen = accepted.length;
      await put(client, first, `probe-${seen}-${Date.now()}`, 'good');
      await put(client, second, `probe-${seen}-${Date.now()}`, 'good');
      await until('the other namespace is seen', () => accepted.length > seen);
      return accepted.length === seen + 1;
    });
    expect(accepted.filter((each) => each.startsWith('three'))).toStrictEqual([]);
  });

  test('are named as a problem when they may not be read', async () => {
    const account = await client.account(await client.namespace());
    const { manager } = await watch(account.address, { namespaces: { selector: 'team=a' } });
    await until('it is named', () => manager.state().problems.length > 0);
    expect(manager.state().problems).toMatchObject([{ name: 'namespaces: list namespaces' }]);
    expect(manager.state().controllers[0]).toMatchObject({ isSynced: false });
  });

  test('an unknown resource is named', async () => {
    const unknown = { group: 'nobody.example', version: 'v1', plural: 'things', kind: 'Thing' };
    const { configMapController } = await import('./watching.ts');
    const controller = { ...configMapController(), watches: unknown };
    const { manager } = await watch(client.address, { controller });
    await until('it is named', () => manager.state().problems.length > 0);
    expect(manager.state().problems).toMatchObject([
      {
        name: 'configmap: list things.nobody.example in all namespaces',
        message: 'The API server does not know this resource: is its definition installed?',
      },
    ]);
  });
});
