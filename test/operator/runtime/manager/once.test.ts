import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outgoing } from '../../../../operator/runtime/controller.ts';
import { observeOnce } from '../../../../operator/runtime/manager/once.ts';
import type { ManagerOptions } from '../../../../operator/runtime/manager.ts';
import type { KubeAddress, KubeClient } from '../../../cluster/client.ts';
import { describeWithCluster, sharedCluster } from '../../../cluster/suite.ts';
import { configMapController, connectTo, countingTelemetry, put, recordingLog } from '../watching.ts';

describeWithCluster('One pass', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = await sharedCluster();
  });
  afterAll(() => client.close());

  async function pass(address: KubeAddress, options: Partial<ManagerOptions>) {
    const accepted: Outgoing[] = [];
    const cluster = await connectTo(address);
    const found = await observeOnce(
      {
        cluster,
        controllers: [configMapController()],
        namespaces: {},
        accept: async (reports) => void accepted.push(...reports),
        telemetry: countingTelemetry().telemetry,
        log: recordingLog().log,
        clock: Date.now,
        random: () => 0,
        ...options,
      },
      new AbortController().signal,
    );
    await cluster.close();
    return { ...found, accepted };
  }

  test('tells of each object what it came to', async () => {
    const namespace = await client.namespace();
    await put(client, namespace, 'one', 'good');
    await put(client, namespace, 'two', 'bad');
    await put(client, namespace, 'three', 'thorn');
    const controller = configMapController(({ object }) => {
      if (object.metadata.name === 'three') {
        throw new Error('a thorn');
      }
      return object.metadata.name === 'one' ? { reports: [], reason: 'it passed' } : {};
    });
    const { rows, problems, accepted } = await pass(client.address, {
      controllers: [controller],
      namespaces: { names: [namespace] },
    });
    expect([...rows].sort((a, b) => a.name.localeCompare(b.name))).toMatchObject([
      { controller: 'configmap', namespace, name: 'one', reason: 'it passed', reports: [] },
      { name: 'three', reports: [], failure: 'a thorn' },
      { name: 'two', reason: 'it is bad', reports: [{ outcome: 'failing' }] },
    ]);
    expect(problems).toStrictEqual([]);
    expect(accepted).toHaveLength(1);
  });

  test('names what it may not list, and goes on with the others', async () => {
    const [mine, theirs] = [await client.namespace(), await client.namespace()];
    const account = await client.account(mine);
    await client.allow(account, mine, [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }]);
    await put(client, mine, 'one', 'bad');
    const { rows, problems } = await pass(account.address, { namespaces: { names: [theirs, mine] } });
    expect(rows.map(({ name }) => name)).toStrictEqual(['one']);
    expect(problems).toMatchObject([{ name: `configmap: list configmaps in ${theirs}` }]);
  });

  test('goes by the label of namespaces', async () => {
    const team = `once-${process.pid}-${Date.now()}`;
    const [labelled, other] = [await client.namespace({ team }), await client.namespace()];
    await put(client, labelled, 'one', 'bad');
    await put(client, other, 'two', 'bad');
    const { rows } = await pass(client.address, { namespaces: { selector: `team=${team}` } });
    expect(rows.map(({ name }) => name)).toStrictEqual(['one']);
  });
});
