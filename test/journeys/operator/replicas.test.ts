import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeClient } from '../../cluster/client.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { doorTo } from './door.ts';
import { startKite } from './kite.ts';
import { operatorAt, type Running, settled } from './operator.ts';
import { Pipelines } from './runs.ts';

describeWithCluster('Two replicas of the operator', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = await sharedCluster();
    await installDefinitions(client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => client.close());

  test('lose nothing and count nothing twice when the leader is killed in the middle of a batch', async () => {
    const kite = await startKite();
    const door = await doorTo(kite.url);
    const namespace = await client.namespace();
    const pipelines = new Pipelines(client, namespace);
    const config = {
      kite: { url: door.url },
      namespaces: { names: [namespace] },
      lease: { enabled: true, namespace },
    };
    const cluster = client.address;
    const [one, other] = [
      await operatorAt({ cluster, config, pod: 'operator-0' }),
      await operatorAt({ cluster, config, pod: 'operator-1' }),
    ];
    const leads = (running: Running) =>
      until('it leads', async () => (await running.ready())?.role === 'leader');
    let leader = await one.start();
    await leads(leader);
    const standby = await other.start();

    await pipelines.fail('before');
    await settled(leader);
    // Kite takes this batch, but the leader never hears of it.
    door.keepsAnswers = true;
    await pipelines.fail('amid');
    await pipelines.fail('amid');
    await until('Kite has a batch that the leader believes unsent', () => door.kept > 0);
    await pipelines.fail('between');
    await until('a report waits behind the batch', async () => {
      const told = await leader.ready();
      return (told?.journal.pending ?? 0) >= 3;
    });
    expect((await standby.ready())?.role).toBe('standby');
    await leader.kill();
    door.keepsAnswers = false;
    await pipelines.fail('before');
    await pipelines.fail('after');

    await leads(standby);
    await until('all is said again', async () => (await standby.metric('reports_sent_total')) >= 6);
    await settled(standby);
    // The one that was killed comes back with what its journal holds, and sends it without leading.
    leader = await one.start();
    await settled(leader);
    expect((await leader.ready())?.role).toBe('standby');
    expect(await leader.metric('reports_sent_total')).toBeGreaterThanOrEqual(3);

    const issues = await kite.issues(namespace);
    const counted = [...issues].map(([scope, { state, occurrences }]) => [scope, state, occurrences]);
    expect(counted.sort()).toEqual([
      ['component/after', 'ACTIVE', 1],
      ['component/amid', 'ACTIVE', 2],
      ['component/before', 'ACTIVE', 2],
      ['component/between', 'ACTIVE', 1],
    ]);

    // A clean stop hands over at once.
    expect(await standby.stop()).toBe(0);
    await leads(leader);
  }, 90_000);
});
