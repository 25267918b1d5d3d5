import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeClient } from '../../cluster/client.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { directory } from '../../cluster/directory.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { doorTo } from './door.ts';
import { startKite } from './kite.ts';
import { operatorAt, settled } from './operator.ts';
import { Pipelines } from './runs.ts';

const HOUR = 3_600_000;

describeWithCluster('An operator that Kite refuses', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = await sharedCluster();
    await installDefinitions(client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => client.close());

  test('puts a report aside that is refused for good, sends the others, and shows it with the reason', async () => {
    const kite = await startKite();
    const namespace = await client.namespace();
    const pipelines = new Pipelines(client, namespace);
    const config = { kite: { url: kite.url }, namespaces: { names: [namespace] } };
    const operator = await operatorAt({ cluster: client.address, config });
    const early = await pipelines.begin('early');
    await pipelines.end(early, { passed: false, at: Date.now() + HOUR });
    await pipelines.fail('api');
    const running = await operator.start();
    await pipelines.fail('web');

    await until('the others are issues', async () => (await kite.issues(namespace)).size === 2);
    await settled(running);
    expect([...(await kite.issues(namespace)).keys()].sort()).toEqual(['component/api', 'component/web']);
    expect((await running.ready())?.warnings.join(' ')).toContain('dead-letter list');

    const list = async () => {
      const { code, output } = await operator.run('dead-letter', 'list', '--json');
      expect(code).toBe(0);
      return JSON.parse(output);
    };
    const letters = await list();
    expect(letters).toMatchObject([
      {
        controller: 'pipelinerun',
        outcome: 'failing',
        subject: `${namespace} build component/early`,
        refusal: { details: [{ path: expect.stringContaining('observedAt') }] },
      },
    ]);
    const shown = await operator.run('dead-letter', 'list');
    expect(shown.output).toContain('more than five minutes in the future');

    // It is refused again, and is not lost.
    const retried = await operator.run('dead-letter', 'retry', letters[0].id);
    expect(retried).toEqual({ code: 0, output: '1 report will be sent again.\n' });
    await until('it is refused again', async () => (await running.ready())?.journal.dead === 1);
    expect(await list()).toMatchObject([{ id: letters[0].id }]);
    expect(await running.stop()).toBe(0);
    // The command works without an operator that runs.
    expect((await operator.run('dead-letter', 'drop', '--all')).output).toBe('1 report forgotten.\n');
    expect(await list()).toEqual([]);
  }, 90_000);

  test('keeps what it has to say while its token has expired, and says it with the next one', async () => {
    const kite = await startKite();
    const door = await doorTo(kite.url);
    const namespace = await client.namespace();
    const pipelines = new Pipelines(client, namespace);
    const tokenFile = join(await directory('token'), 'token');
    await writeFile(tokenFile, 'first\n');
    door.token = 'first';
    const config = { kite: { url: door.url, tokenFile }, namespaces: { names: [namespace] } };
    const operator = await operatorAt({ cluster: client.address, config });
    const running = await operator.start();
    await pipelines.fail('api');
    await until('it is an issue', async () => (await kite.issues(namespace)).size === 1);
    await settled(running);
    expect(door.turnedAway).toBe(0);

    door.token = 'second';
    const run = await pipelines.fail('web');
    await until('it is turned away, again and again', () => door.turnedAway >= 2);
    await pipelines.remove(run);
    expect((await running.ready())?.journal).toEqual({ pending: 1, dead: 0 });
    expect((await kite.issues(namespace)).size).toBe(1);

    await writeFile(tokenFile, 'second\n');
    await until('it is said', async () => (await kite.issues(namespace)).size === 2);
    await settled(running);
    const issues = await kite.issues(namespace);
    expect([...issues].map(([scope, { occurrences }]) => [scope, occurrences]).sort()).toEqual([
      ['component/api', 1],
      ['component/web', 1],
    ]);
    expect(await running.stop()).toBe(0);
  }, 90_000);
});
