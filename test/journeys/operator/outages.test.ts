import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeClient } from '../../cluster/client.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { startKite } from './kite.ts';
import { operatorAt, type Running, settled } from './operator.ts';
import { Pipelines, type Run } from './runs.ts';

/** Components whose builds fail, each as often as it is named. */
const COMPONENTS = ['api', 'web', 'worker', 'ledger', 'search'];

describeWithCluster('An operator whose Kite is away', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = await sharedCluster();
    await installDefinitions(client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => client.close());

  test('loses no failure, though the runs are pruned, it is killed, and others fail while it is gone', async () => {
    const kite = await startKite();
    const namespace = await client.namespace();
    const pipelines = new Pipelines(client, namespace);
    const config = { kite: { url: kite.url }, namespaces: { names: [namespace] } };
    const operator = await operatorAt({ cluster: client.address, config });
    let running = await operator.start();
    await settled(running);
    const failures = new Map<string, number>();
    const fail = async (components: readonly string[]): Promise<readonly Run[]> => {
      const runs: Run[] = [];
      for (const component of components) {
        runs.push(await pipelines.fail(component));
        failures.set(component, (failures.get(component) ?? 0) + 1);
      }
      return runs;
    };
    const prune = (runs: readonly Run[]) => Promise.all(runs.map((run) => pipelines.remove(run)));
    const journalled = (count: number, by: Running) =>
      until(`${count} reports are in the journal`, async () => {
        const told = await by.ready();
        return (told?.journal.pending ?? 0) >= count;
      });

    await kite.goAway();
    const pruned = await fail([...COMPONENTS, ...COMPONENTS]);
    await journalled(pruned.length, running);
    await prune(pruned);
    await running.kill();
    const unseen = await fail(['api', 'deploy']);

    running = await operator.start();
    await journalled(pruned.length + unseen.length, running);
    const late = await fail(['web', 'docs']);
    await prune([...unseen, ...late]);
    await journalled(pruned.length + unseen.length + late.length, running);
    await running.kill();

    running = await operator.start();
    await kite.comeBack();
    await settled(running);
    const issues = await kite.issues(namespace);
    const counted = [...issues].map(([scope, { state, occurrences }]) => [scope, state, occurrences]);
    expect(counted.sort()).toEqual(
      [...failures].map(([component, count]) => [`component/${component}`, 'ACTIVE', count]).sort(),
    );
    expect(await running.metric('reports_dropped_total')).toBe(0);
    expect(await running.stop()).toBe(0);
  }, 90_000);

  test('drops nothing silently when the journal is full: every failure is an issue, or is counted and named', async () => {
    const kite = await startKite();
    const namespace = await client.namespace();
    const pipelines = new Pipelines(client, namespace);
    const operator = await operatorAt({
      cluster: client.address,
      config: {
        kite: { url: kite.url },
        namespaces: { names: [namespace] },
        journal: { directory: './journal', mostReports: 100 },
        grace: '1s',
      },
    });
    let running = await operator.start();
    await settled(running);
    await kite.goAway();
    const components = Array.from({ length: 130 }, (_, number) => `component-${number}`);
    for (let next = 0; next < components.length; next += 10) {
      await Promise.all(
        components.slice(next, next + 10).map(async (component) => {
          await pipelines.remove(await pipelines.fail(component));
        }),
      );
    }
    const named = await until('all that found no room are named', () => {
      const dropped = running.logged('a report was dropped');
      return dropped.length >= 30 ? dropped.map(({ subject }) => String(subject)) : undefined;
    });
    expect(named).toHaveLength(30);
    expect(await running.metric('reports_dropped_total')).toBe(30);
    expect((await running.ready())?.warnings.join(' ')).toContain('The journal keeps 100 of 100 reports');
    expect(await running.stop()).toBe(0);

    running = await operator.start();
    expect((await running.ready())?.journal.pending).toBe(100);
    await kite.comeBack();
    await settled(running);
    const issues = [...(await kite.issues(namespace)).keys()].map((scope) => `${namespace} build ${scope}`);
    expect(issues).toHaveLength(100);
    expect(new Set([...issues, ...named]).size).toBe(130);
    expect(await running.stop()).toBe(0);
  }, 90_000);
});
