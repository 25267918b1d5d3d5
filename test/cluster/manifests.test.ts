import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasGo } from './assets.ts';
import type { KubeClient } from './client.ts';
import { installDefinitions } from './definitions.ts';
import { kustomize, type Manifest } from './manifests.ts';
import { published } from './modules.ts';
import { describeWithCluster, sharedCluster } from './suite.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Every folder of the repository with a kustomization, relative to its root. */
const folders = ['functions', 'operator'].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('kustomization.yaml'))
    .map((path) => dirname(join(room, path))),
);
const bases = folders.filter((folder) => folder.endsWith('/base'));
const components = folders.filter((folder) => folder.includes('/components/'));
/** What is applied as it is. */
const wholes = folders.filter((folder) => !bases.includes(folder) && !components.includes(folder));

const baseOf = (component: string) => component.replace(/\/components\/.*/, '/base');

test('there are kustomizations, and each component has a base to be added to', () => {
  expect(wholes.length).toBeGreaterThan(7);
  expect(bases).toHaveLength(2);
  for (const folder of components) {
    expect(bases, folder).toContain(baseOf(folder));
  }
});

const paths: Readonly<Record<string, string>> = {
  ConfigMap: 'api/v1/namespaces/NS/configmaps',
  Namespace: 'api/v1/namespaces',
  Service: 'api/v1/namespaces/NS/services',
  ServiceAccount: 'api/v1/namespaces/NS/serviceaccounts',
  Deployment: 'apis/apps/v1/namespaces/NS/deployments',
  StatefulSet: 'apis/apps/v1/namespaces/NS/statefulsets',
  HorizontalPodAutoscaler: 'apis/autoscaling/v2/namespaces/NS/horizontalpodautoscalers',
  Ingress: 'apis/networking.k8s.io/v1/namespaces/NS/ingresses',
  NetworkPolicy: 'apis/networking.k8s.io/v1/namespaces/NS/networkpolicies',
  PodDisruptionBudget: 'apis/policy/v1/namespaces/NS/poddisruptionbudgets',
  Role: 'apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles',
  RoleBinding: 'apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings',
  ClusterRole: 'apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: 'apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  ServiceMonitor: 'apis/monitoring.coreos.com/v1/namespaces/NS/servicemonitors',
  PrometheusRule: 'apis/monitoring.coreos.com/v1/namespaces/NS/prometheusrules',
  Cluster: 'apis/postgresql.cnpg.io/v1/namespaces/NS/clusters',
};

const canDownload = await hasGo();
if (!canDownload) {
  process.stderr.write(`SKIPPED, no Go to get their definitions with: ${published.join(', ')}\n`);
}
const isForeign = ({ apiVersion }: Manifest) => /monitoring\.coreos\.com|cnpg\.io/.test(apiVersion);

describeWithCluster('the API server takes every manifest, with no field that it does not know', () => {
  let client: KubeClient;
  let namespace = '';
  let scratch = '';
  beforeAll(async () => {
    client = await sharedCluster();
    namespace = await client.namespace({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    scratch = await mkdtemp(join(tmpdir(), 'kite-manifests-'));
    if (canDownload) {
      await installDefinitions(client, ...published);
    }
  });
  afterAll(async () => {
    await client.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const take = async (objects: readonly Manifest[]): Promise<void> => {
    expect(objects.length).toBeGreaterThan(0);
    for (const object of objects.filter((one) => canDownload || !isForeign(one))) {
      const path = paths[object.kind]?.replace('NS', namespace);
      expect(path, object.kind).toBeDefined();
      const { status, body } = await client.call('POST', `/${path}?dryRun=All&fieldValidation=Strict`, {
        ...object,
        metadata: { ...object.metadata, ...(path?.includes(namespace) && { namespace }) },
      });
      const isTaken = status === 201 || body.reason === 'AlreadyExists';
      expect([object.kind, object.metadata.name, isTaken ? '' : body.message]).toEqual([
        object.kind,
        object.metadata.name,
        '',
      ]);
    }
  };

  test.each(wholes)('%s', async (folder) => {
    await take(await kustomize(join(ROOT, folder)));
  });

  /** A base, with a component or without, in a namespace as an overlay gives it. */
  const overlay = async (base: string, ...added: readonly string[]): Promise<readonly Manifest[]> => {
    const at = await mkdtemp(join(scratch, 'overlay-'));
    const to = (path: string) => relative(at, join(ROOT, path));
    const kustomization = { namespace, resources: [to(base)], components: added.map(to) };
    await writeFile(join(at, 'kustomization.yaml'), JSON.stringify(kustomization));
    return kustomize(at);
  };

  test.each(bases)('%s', async (folder) => {
    await take(await overlay(folder));
  });

  test.each(components)('%s', async (folder) => {
    await take(await overlay(baseOf(folder), folder));
  });
});
