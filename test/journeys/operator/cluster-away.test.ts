import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { KubeClient } from '../../cluster/client.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { type KubeServer, startKubeServer } from '../../cluster/server.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { startRelay } from '../../operator/runtime/broken-network.ts';
import { startKite } from './kite.ts';
import { operatorAt, type Running, settled } from './operator.ts';
import { after, Pipelines } from './runs.ts';

/** What the operator needs in a namespace that it watches. */
const RULES = [
  { apiGroups: ['tekton.dev'], resources: ['pipelineruns'], verbs: ['list', 'watch'] },
  { apiGroups: ['tekton.dev'], resources: ['taskruns'], verbs: ['list'] },
];

const complaint = (running: Running, wanted: boolean) =>
  until(wanted ? 'it names a problem' : 'it names no problem', async () => {
    const told = await running.ready();
    return told !== undefined && told.problems.length > 0 === wanted ? told.problems : undefined;
  });

describeWithCluster('An operator whose way to the API server breaks', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = await sharedCluster();
    await installDefinitions(client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => client.close());

  test('clears what it said of a stuck run though nobody saw it vanish, and of no other', async () => {
    const kite = await startKite();
    const namespace = await client.namespace();
    const pipelines = new Pipelines(client, namespace);
    const relay = await startRelay(client.address);
    onTestFinished(relay.close);
    const config = {
      kite: { url: kite.url },
      namespaces: { names: [namespace] },
      controllers: { pipelinerun: { stuckAfter: '1s' } },
    };
    const operator = await operatorAt({ cluster: relay.address, config });
    const running = await operator.start();
    const [gone] = [await pipelines.begin('api'), await pipelines.begin('web')];
    const stateOf = async (scope: string) => (await kite.issues(namespace)).get(scope)?.state;
    await until('both are stuck', async () => (await kite.issues(namespace)).size === 2);
    await settled(running);
    expect(await stateOf('stuckrun/api')).toBe('ACTIVE');

    relay.cut();
    await complaint(running, true);
    await pipelines.remove(gone);
    relay.mend();
    await until('it is stuck no more', async () => (await stateOf('stuckrun/api')) === 'RESOLVED', 60_000);
    await settled(running);
    expect(await stateOf('stuckrun/web')).toBe('ACTIVE');
    expect((await kite.issues(namespace)).size).toBe(2);
    expect(await running.stop()).toBe(0);
  }, 150_000);
});

describeWithCluster('An operator whose API server is killed', () => {
  let server: KubeServer;

  beforeAll(async () => {
    server = await startKubeServer();
    await installDefinitions(server.client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => server.stop());

  /** As a machine does that fails: the watches break off, and the server knows no older version any more. */
  async function crash(): Promise<void> {
    await server.kill('kube-apiserver');
    await server.restart('kube-apiserver');
    // For a moment after that it has no custom resources.
    await installDefinitions(server.client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  }

  test('goes on when it is back, and counts nothing twice', async () => {
    const kite = await startKite();
    const namespace = await server.client.namespace();
    const pipelines = new Pipelines(server.client, namespace);
    const config = { kite: { url: kite.url }, namespaces: { names: [namespace] } };
    const operator = await operatorAt({ cluster: server.address, config });
    const running = await operator.start();
    const failed = await pipelines.fail('api');
    await pipelines.fail('web');
    const going = await pipelines.begin('worker');
    await until('both are issues', async () => (await kite.issues(namespace)).size === 2);

    await server.kill('kube-apiserver');
    await complaint(running, true);
    await server.restart('kube-apiserver');
    await installDefinitions(server.client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
    await pipelines.end(going, { passed: false });
    await pipelines.remove(failed);
    await after(failed);
    await pipelines.pass('web');
    await until(
      'the last word has come',
      async () => {
        const found = await kite.issues(namespace);
        return found.has('component/worker') && found.get('component/web')?.state === 'RESOLVED';
      },
      60_000,
    );
    await settled(running);
    const issues = await kite.issues(namespace);
    const counted = [...issues].map(([scope, { state, occurrences }]) => [scope, state, occurrences]);
    expect(counted.sort()).toEqual([
      ['component/api', 'ACTIVE', 1],
      ['component/web', 'RESOLVED', 1],
      ['component/worker', 'ACTIVE', 1],
    ]);
    expect(await running.metric('watch_restarts_total')).toBeGreaterThan(0);
    expect(await running.stop()).toBe(0);
  }, 150_000);

  test('goes on with one namespace though another has become forbidden, names that, and misses nothing of it', async () => {
    const kite = await startKite();
    const { client } = server;
    const [open, closed] = [await client.namespace(), await client.namespace()];
    const account = await client.account(open);
    await client.allow(account, open, RULES);
    const take = await client.allow(account, closed, RULES);
    const config = { kite: { url: kite.url }, namespaces: { names: [open, closed] } };
    const operator = await operatorAt({ cluster: account.address, config });
    const running = await operator.start();
    await new Pipelines(client, closed).fail('api');
    await until('it is an issue', async () => (await kite.issues(closed)).size === 1);

    await take();
    // A watch goes on as it was permitted, until it ends.
    await crash();
    const problems = await until(
      'the namespace is named, and no other',
      async () => {
        const named = (await running.ready())?.problems ?? [];
        return named.every((problem) => problem.includes(closed)) && named.length > 0 ? named : undefined;
      },
      60_000,
    );
    expect(problems.join(' ')).toMatch(/forbidden/i);
    await new Pipelines(client, closed).fail('api');
    await new Pipelines(client, open).fail('web');
    await until('the other one goes on', async () => (await kite.issues(open)).size === 1);
    expect((await kite.issues(closed)).get('component/api')?.occurrences).toBe(1);

    await client.allow(account, closed, RULES);
    await until(
      'what was missed is told',
      async () => (await kite.issues(closed)).get('component/api')?.occurrences === 2,
      90_000,
    );
    await complaint(running, false);
    await settled(running);
    expect((await kite.issues(open)).get('component/web')?.occurrences).toBe(1);
    expect(await running.stop()).toBe(0);
  }, 150_000);
});
