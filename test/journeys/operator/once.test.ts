import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installDefinitions } from '../../cluster/definitions.ts';
import { type KubeServer, startKubeServer } from '../../cluster/server.ts';
import { describeWithCluster } from '../../cluster/suite.ts';
import { differences } from '../../demo/expected.ts';
import { readExpected, shiftTimes } from '../../demo/fixtures.ts';
import { startKite } from './kite.ts';
import { operatorAt } from './operator.ts';

const OBJECTS = join(import.meta.dirname, '../../fixtures/objects');
const NAMESPACES = ['team-falcon-tenant', 'team-heron-tenant'];

interface Fixture {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly creationTimestamp: string;
  };
}

/** The PipelineRuns of the fixtures, as fresh as if the newest had been created an hour ago. */
async function pipelineRuns(): Promise<readonly Fixture[]> {
  const files = (await readdir(OBJECTS)).filter((file) => file.endsWith('.json'));
  const lists = await Promise.all(
    files.map(async (file): Promise<Fixture[]> => JSON.parse(await readFile(join(OBJECTS, file), 'utf8'))),
  );
  const runs = lists.flat().filter(({ kind }) => kind === 'PipelineRun');
  const newest = Math.max(...runs.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
  const offset = Math.floor((Date.now() - newest) / 1_000) * 1_000 - 3_600_000;
  return shiftTimes(runs, offset) as Fixture[];
}

/** The API server would take the moment of writing for the creation: etcd is given the objects as they are. */
async function put({ etcdUrl }: KubeServer, object: Fixture): Promise<void> {
  const { namespace, name } = object.metadata;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const answer = await fetch(`${etcdUrl}/v3/kv/put`, {
    method: 'POST',
    body: JSON.stringify({
      key: base64(`/registry/tekton.dev/pipelineruns/${namespace}/${name}`),
      value: base64(JSON.stringify(object)),
    }),
  });
  expect(answer.status).toBe(200);
}

describeWithCluster('One pass over a cluster that holds the fixtures', () => {
  let server: KubeServer;

  beforeAll(async () => {
    server = await startKubeServer();
    await installDefinitions(server.client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => server.stop());

  test('makes the issues of PipelineRuns that are expected, a second one changes nothing, a dry run says nothing', async () => {
    const runs = await pipelineRuns();
    for (const run of runs) {
      await put(server, run);
    }
    const kite = await startKite();
    const config = { kite: { url: kite.url }, controllers: { pipelinerun: { stuckAfter: '14d' } } };
    const operator = await operatorAt({ cluster: server.address, config });

    const dry = await operator.run('--dry-run', '--once', '--json');
    expect(dry.code).toBe(0);
    const lines = dry.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(runs.length);
    expect((await kite.list({ namespace: NAMESPACES[0] ?? '' })).data).toEqual([]);

    const once = await operator.run('--once', '--json');
    expect(once.code).toBe(0);
    const told = JSON.parse(once.output);
    expect(told).toMatchObject({ left: 0, dropped: 0, problems: [] });
    expect(told.observed.reduce((sum: number, { objects }: { objects: number }) => sum + objects, 0)).toBe(
      runs.length,
    );
    const issues = (
      await Promise.all(NAMESPACES.map((namespace) => kite.list({ namespace, limit: '100' })))
    ).flatMap(({ data }) => data);
    // Releases are no PipelineRuns, and what a host's name stands before comes from MintMaker's log analyzer.
    const expected = (await readExpected()).filter(
      ({ issueType, scope }) => ['build', 'pipeline'].includes(issueType) && !scope.includes('github.com/'),
    );
    expect(expected.length).toBeGreaterThan(10);
    expect(differences(expected, issues)).toEqual([]);

    const before = await kite.stored();
    const again = await operator.run('--once');
    expect(again.code).toBe(0);
    expect(again.output).toContain('duplicate');
    expect(await kite.stored()).toBe(before);
  }, 90_000);
});
