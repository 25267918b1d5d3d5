import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeClient } from '../../cluster/client.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { startKite } from './kite.ts';
import { operatorAt, settled } from './operator.ts';
import { after, Pipelines } from './runs.ts';

describeWithCluster('A run in a cluster, by way of the operator', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = await sharedCluster();
    await installDefinitions(client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => client.close());

  test('fails, is fixed and fails again: one issue, resolved and reopened, and a restart counts nothing twice', async () => {
    const kite = await startKite();
    const namespace = await client.namespace();
    const pipelines = new Pipelines(client, namespace);
    const config = {
      kite: { url: kite.url },
      clusterName: 'here',
      consoleUrl: 'https://console.example.com',
      namespaces: { names: [namespace] },
    };
    const operator = await operatorAt({ cluster: client.address, config });
    let running = await operator.start();
    const issueIn = (state: string) =>
      until(`the issue is ${state}`, async () => {
        const issues = [...(await kite.issues(namespace)).values()];
        return issues[0]?.state === state ? { issue: issues[0], count: issues.length } : undefined;
      });

    const first = await pipelines.begin('api');
    await pipelines.failTask(first, 'build-container');
    await pipelines.end(first, { passed: false });
    const opened = await issueIn('ACTIVE');
    expect(opened.count).toBe(1);
    expect(opened.issue).toMatchObject({
      cluster: 'here',
      namespace,
      title: 'Build of api failed in build-container: step compile exited with code 3',
      issueType: 'build',
      severity: 'major',
      scope: { resourceType: 'component', resourceName: 'api' },
      occurrences: 1,
      reopened: 0,
      labels: expect.objectContaining({ reason: 'Failed', task: 'build-container', component: 'api' }),
    });
    expect(opened.issue.description).toContain('it did not compile');
    const log = `https://console.example.com/ns/${namespace}/applications/checkout/pipelineruns/${first.name}/logs`;
    expect(opened.issue.links.map(({ url }) => url)).toContain(log);

    await running.kill();
    running = await operator.start();
    await settled(running);
    await after(first);
    const second = await pipelines.pass('api');
    const { issue: fixed } = await issueIn('RESOLVED');
    expect(fixed).toMatchObject({ id: opened.issue.id, occurrences: 1 });

    await after(second);
    const third = await pipelines.fail('api');
    const { issue: again } = await issueIn('ACTIVE');
    expect(again).toMatchObject({ id: opened.issue.id, occurrences: 2, reopened: 1 });
    expect(JSON.stringify(again.links)).toContain(third.name);

    await settled(running);
    expect(await running.stop()).toBe(0);
    const before = await kite.stored();
    running = await operator.start();
    await settled(running);
    // It comes to the same three reports, and remembers that Kite has them.
    expect(await running.metric('observed_reports_total')).toBe(3);
    expect(await running.metric('reports_sent_total')).toBe(0);
    // Whoever does not remember says them again.
    const other = await (await operatorAt({ cluster: client.address, config })).start();
    await until('all three are said again', async () => (await other.metric('reports_sent_total')) >= 3);
    await settled(other);
    expect(await kite.issue(again.id)).toEqual(again);
    expect(await kite.stored()).toBe(before);
  }, 90_000);
});
