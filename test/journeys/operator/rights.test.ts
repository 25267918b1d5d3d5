import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAssets } from '../../cluster/assets.ts';
import { auditOf } from '../../cluster/audit.ts';
import { writeKubeconfig } from '../../cluster/client.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { directory } from '../../cluster/directory.ts';
import { type KubeServer, startKubeServer } from '../../cluster/server.ts';
import { describeWithCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { DEPLOY, permissions } from '../../operator/deploy/manifests.ts';
import { startKite } from './kite.ts';
import { operatorAt, settled } from './operator.ts';
import { Pipelines } from './runs.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const NAMESPACE = 'kite-operator';

interface Role {
  readonly metadata: { readonly name: string };
  readonly rules: Parameters<typeof permissions>[0];
}

describeWithCluster('The rights that are deployed with the operator', () => {
  let server: KubeServer;

  beforeAll(async () => {
    server = await startKubeServer({ isAudited: true });
    await installDefinitions(server.client, 'pipelineruns.tekton.dev', 'taskruns.tekton.dev');
  });
  afterAll(() => server.stop());

  /** As somebody does who deploys it for the whole cluster with all that there is to switch on. */
  async function deploy(): Promise<void> {
    const place = await directory('overlay');
    const to = (path: string): string => relative(place, join(DEPLOY, path));
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: NAMESPACE,
      resources: [to('overlays/whole-cluster')],
      components: [to('components/deployment'), to('components/namespace-selector')],
    };
    await writeFile(join(place, 'kustomization.yaml'), JSON.stringify(kustomization));
    const kubeconfig = await writeKubeconfig(server.address);
    const kubectl = join((await findAssets()) ?? '', 'kubectl');
    await promisify(execFile)(kubectl, ['--kubeconfig', kubeconfig, 'apply', '-k', place]);
  }

  /** What the cluster permits to the operator, one line for each verb on each resource. */
  async function permitted(): Promise<readonly string[]> {
    const { client } = server;
    const places = [`${RBAC}/clusterroles`, `${RBAC}/namespaces/${NAMESPACE}/roles`];
    const lists = await Promise.all(places.map((place) => client.must('GET', place)));
    const roles = lists
      .flatMap(({ items }) => items as Role[])
      .filter(({ metadata }) => metadata.name.startsWith('kite-operator'));
    // Only one lease is named; the audit tells of the kind.
    return [
      ...new Set(
        roles.flatMap(({ rules }) => permissions(rules)).map((one) => one.replace(/^(\S+ \S+) .*/, '$1')),
      ),
    ];
  }

  test('are what it asks the API server for, and nothing else', async () => {
    const { client } = server;
    const kite = await startKite();
    await deploy();
    const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/kite-operator`;
    const { status } = await client.must('POST', `${accounts}/token`, { spec: { expirationSeconds: 3_600 } });
    const operator = await operatorAt({
      cluster: { ...client.address, token: status.token },
      pod: 'kite-operator-0',
      config: {
        kite: { url: kite.url },
        controllers: { pipelinerun: {}, deployment: {} },
        namespaces: { selector: 'tenant=yes' },
        lease: { enabled: true, namespace: NAMESPACE },
      },
    });
    const namespace = await client.namespace({ tenant: 'yes' });
    const pipelines = new Pipelines(client, namespace);
    const running = await operator.start();
    await until('it leads', async () => (await running.ready())?.role === 'leader');
    await pipelines.fail('api');
    await until('it is an issue', async () => (await kite.issues(namespace)).size === 1);
    await settled(running);
    expect(await running.stop()).toBe(0);

    const user = `system:serviceaccount:${NAMESPACE}:kite-operator`;
    const asked = await until('the end of each watch is written down', async () => {
      const all = (await auditOf(server)).filter((one) => one.user === user);
      const watches = all.filter(({ verb }) => verb === 'watch');
      return watches.filter(({ isOver }) => isOver).length * 2 === watches.length ? all : undefined;
    });
    const lines = asked.map(({ verb, group, resource }) => `${verb} ${resource}${group && `.${group}`}`);
    expect([...new Set(lines)].sort()).toEqual([...(await permitted())].sort());
    expect(asked.filter(({ status: code }) => code === 403)).toEqual([]);
  }, 90_000);
});
