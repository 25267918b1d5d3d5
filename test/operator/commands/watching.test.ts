/** What was seen and not yet accepted is not forgotten when a replica loses the lease for a while. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Watching } from '../../../operator/commands/watching.ts';
import { parseConfig } from '../../../operator/config.ts';
import type { Outgoing } from '../../../operator/runtime/controller.ts';
import type { KubeClient } from '../../cluster/client.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { Pipelines } from '../../journeys/operator/runs.ts';
import { connectTo, countingTelemetry, recordingLog } from '../runtime/watching.ts';

const configOf = (namespace: string, stuckAfter = '2h') =>
  parseConfig(
    JSON.stringify({ namespaces: { names: [namespace] }, controllers: { pipelinerun: { stuckAfter } } }),
    'operator.yaml',
    { isPod: false, journalDirectory: '/nowhere' },
  );

describeWithCluster('observing that is broken off', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = await sharedCluster();
    await installDefinitions(client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => client.close());

  async function start() {
    const namespace = await client.namespace();
    const cluster = await connectTo(client.address);
    const { log, lines } = recordingLog();
    const { telemetry, counts } = countingTelemetry();
    const state = { isOpen: true, accepted: [] as string[], refused: 0 };
    const accept = async (reports: readonly Outgoing[]): Promise<void> => {
      if (!state.isOpen) {
        state.refused += 1;
        throw new Error('not now');
      }
      state.accepted.push(...reports.map(({ outcome, subject }) => `${outcome} ${subject.split(' ')[2]}`));
    };
    const watching = new Watching(configOf(namespace), { cluster, accept, telemetry, log });
    let stop = new AbortController();
    let running = Promise.resolve();
    const begin = (): void => {
      stop = new AbortController();
      running = watching.run(stop.signal);
    };
    const end = async (): Promise<void> => {
      stop.abort();
      await running;
    };
    onTestFinished(async () => {
      await end();
      await cluster.close();
    });
    begin();
    return {
      namespace,
      pipelines: new Pipelines(client, namespace),
      state,
      watching,
      begin,
      end,
      lines,
      counts,
    };
  }

  test('goes on with what was left, also with what exists no more, and says nothing again', async () => {
    const { pipelines, state, begin, end, counts } = await start();
    await pipelines.fail('api');
    await until('it is accepted', () => state.accepted.length === 1);
    state.isOpen = false;
    const run = await pipelines.fail('web');
    await until('it is not accepted', () => state.refused > 0);
    await pipelines.remove(run);
    const refused = state.refused;
    await until('its deletion was looked at', () => state.refused > refused);
    await end();

    state.isOpen = true;
    begin();
    await until('it is accepted after all', () => state.accepted.length > 1);
    await pipelines.pass('worker');
    await until('what is new is seen', () => state.accepted.includes('passing component/worker'));
    expect(state.accepted).toEqual([
      'failing component/api',
      'failing component/web',
      'passing component/worker',
    ]);
    expect(counts.get('malformed_objects{controller="pipelinerun"}')).toBeUndefined();
  });

  test('begins anew when the configuration has changed meanwhile', async () => {
    const { namespace, pipelines, state, watching, begin, end, lines } = await start();
    await pipelines.fail('api');
    await until('it is accepted', () => state.accepted.length === 1);
    await end();
    watching.apply(configOf(namespace, '3h'));
    begin();
    await until('it is said again', () => state.accepted.length === 2);
    expect(lines.filter(({ sentence }) => sentence === 'observing')).toHaveLength(2);
  });
});
