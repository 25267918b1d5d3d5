import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditOf } from './audit.ts';
import { KubeClient } from './client.ts';
import { installDefinitions } from './definitions.ts';
import { type KubeServer, startKubeServer } from './server.ts';
import { describeWithCluster } from './suite.ts';
import { until } from './until.ts';

describeWithCluster('The API server of the tests', () => {
  let server: KubeServer;

  beforeAll(async () => {
    server = await startKubeServer({ isAudited: true });
  });
  afterAll(() => server.stop());

  test('is the version that is named, and takes objects of installed definitions', async () => {
    const { client } = server;
    expect(await client.must('GET', '/version')).toMatchObject({
      gitVersion: expect.stringMatching(/^v1\.\d+\.\d+$/),
    });
    await installDefinitions(client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
    const namespace = await client.namespace();
    const path = `/apis/tekton.dev/v1/namespaces/${namespace}/pipelineruns`;
    const run = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { name: 'one' } };
    await client.must('POST', path, run);
    await client.must('PATCH', `${path}/one/status`, {
      status: { conditions: [{ type: 'Succeeded', status: 'True' }] },
    });
    expect((await client.must('GET', `${path}/one`)).status.conditions).toHaveLength(1);
  });

  test('gives an account the rights that it is given and no others, and tells what was asked', async () => {
    const { client } = server;
    const namespace = await client.namespace();
    const account = await client.account(namespace);
    const theirs = new KubeClient(account.address);
    const take = await client.allow(account, namespace, [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list'] },
    ]);
    const list = async (plural: string): Promise<number> =>
      (await theirs.call('GET', `/api/v1/namespaces/${namespace}/${plural}`)).status;
    expect([await list('configmaps'), await list('secrets')]).toStrictEqual([200, 403]);
    await take();
    expect(await list('configmaps')).toBe(403);
    await theirs.close();
    const asked = await until('all is written down', async () => {
      const all = (await auditOf(server)).filter(({ user }) => user === account.user);
      return all.length === 3 ? all : undefined;
    });
    expect(asked.map(({ verb, resource, status }) => `${verb} ${resource} ${status}`)).toStrictEqual([
      'list configmaps 200',
      'list secrets 403',
      'list configmaps 403',
    ]);
  });
});
