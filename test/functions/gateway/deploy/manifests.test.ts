import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../../../functions/config.ts';
import type { KubeClient } from '../../../cluster/client.ts';
import { kustomize, type Manifest } from '../../../cluster/manifests.ts';
import { describeWithCluster, sharedCluster } from '../../../cluster/suite.ts';
import { DEPLOY, readManifests, readText } from './manifests.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
}

const [deployment] = readManifests('base/deployment.yaml');
const spec = deployment?.spec.template.spec;
const [container] = spec.containers;
const [migrate] = spec.initContainers;
const [scaler] = readManifests('base/horizontalpodautoscaler.yaml');

/** What the container is told, but for what is in files that only a pod has. */
function configuration(env: readonly Variable[]) {
  const given = Object.fromEntries(
    env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
  return readConfig({ ...given, KITE_ACCESS: '{}', DATABASE_URL: 'postgres://kite:secret@database/kite' });
}
const config = configuration(container.env);

test('every file is YAML, and what a kustomization names is there', () => {
  const files = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.yaml'),
  );
  expect(files.length).toBeGreaterThan(20);
  const named = new Set<string>();
  for (const file of files) {
    const [{ resources = [], components = [], configMapGenerator = [] } = {} as Manifest] =
      readManifests(file);
    if (!file.endsWith('kustomization.yaml')) continue;
    const generated = configMapGenerator.flatMap(({ files: own }: { files: string[] }) => own);
    for (const path of [...resources, ...components, ...generated]) {
      const target = join(dirname(file), path);
      expect(existsSync(join(DEPLOY, target)), `${file}: ${path}`).toBe(true);
      named.add(/\.(yaml|json)$/.test(target) ? target : join(target, 'kustomization.yaml'));
    }
  }
  const loose = files.filter((file) => !named.has(file) && !file.endsWith('kustomization.yaml'));
  expect(loose.filter((file) => !file.endsWith('operator.yaml'))).toEqual([]);
});

test('ports, probes, drain and grace time are those of the program', () => {
  expect(container.ports).toEqual([
    { name: 'http', containerPort: config.port },
    { name: 'status', containerPort: config.metricsPort },
  ]);
  expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'status' });
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'status' });
  // A check of the database may take two seconds.
  expect(container.readinessProbe.timeoutSeconds).toBeGreaterThan(2);
  expect(config.drainDelay).toBeGreaterThan(0);
  const ends = config.drainDelay + config.shutdownTimeout + 5_000;
  expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(ends);
  expect(migrate.args).toEqual(['migrate']);
  expect(migrate.image).toBe(container.image);
  const ports = readManifests('base/service.yaml').flatMap((service) => service.spec.ports);
  expect(ports.map(({ port, targetPort }: Record<string, unknown>) => [port, targetPort])).toEqual([
    [config.port, 'http'],
    [config.metricsPort, 'status'],
  ]);
});

test('all replicas together, while they are replaced, stay below the connections that Postgres takes', () => {
  const { minReplicas, maxReplicas } = scaler?.spec ?? {};
  expect(minReplicas).toBeGreaterThanOrEqual(2);
  expect(deployment?.spec.replicas).toBeUndefined();
  const { maxSurge, maxUnavailable } = deployment?.spec.strategy.rollingUpdate ?? {};
  expect([maxSurge, maxUnavailable]).toEqual([1, 0]);
  const each = config.databaseConnections + 1;
  // A pod drains for 20 seconds at the most, in which three others can have become ready.
  const draining = 3;
  // Each that starts migrates over one more; three of 100 are for superusers.
  expect((maxReplicas + maxSurge + draining) * each + maxSurge).toBeLessThanOrEqual(97);
});

test('the pod may do nothing on its node, and the heap fits into its memory', () => {
  const locked = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
  expect([container.securityContext, migrate.securityContext]).toEqual([locked, locked]);
  expect(spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  const dockerfile = readText('Dockerfile');
  expect(dockerfile).toContain(
    `\nUSER ${spec.securityContext.runAsUser}:${spec.securityContext.runAsGroup}\n`,
  );
  const [old = 0, semi = 0] = ['old', 'semi'].map((space) =>
    Number(new RegExp(`^ENTRYPOINT .*"--max-${space}-space-size=(\\d+)"`, 'm').exec(dockerfile)?.[1]),
  );
  for (const { resources } of [container, migrate]) {
    const limit = Number(/^(\d+)Mi$/.exec(resources.limits.memory)?.[1]);
    expect(old + 3 * semi + 120).toBeLessThanOrEqual(limit);
  }
});

test('access is asked of the cluster that it runs in, by the names that the pod has', () => {
  const access = JSON.parse(readText('base/access.json'));
  const [kustomization] = readManifests('base/kustomization.yaml');
  const [cluster] = access.clusters;
  expect(kustomization?.configMapGenerator[0].literals).toEqual([`KITE_CLUSTER=${cluster.name}`]);
  const mounts = new Map<string, { name: string; mountPath: string }>(
    container.volumeMounts.map((mount: { name: string; mountPath: string }) => [mount.mountPath, mount]),
  );
  expect(container.env).toContainEqual({ name: 'KITE_ACCESS', value: '/etc/kite/access.json' });
  expect(mounts.get('/etc/kite')?.name).toBe('configuration');
  const volumes = mounts.get('/var/run/secrets/kubernetes.io/serviceaccount');
  const { projected } = spec.volumes.find(({ name }: { name: string }) => name === volumes?.name);
  expect(projected.sources).toMatchObject([
    { serviceAccountToken: { path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ path: 'ca.crt' }] } },
  ]);
  expect([cluster.tokenFile, cluster.caFile]).toEqual([
    `${volumes?.mountPath}/token`,
    `${volumes?.mountPath}/ca.crt`,
  ]);
});

describeWithCluster('what kustomize makes of the overlays of Kite', () => {
  let client: KubeClient;
  let namespace = '';
  beforeAll(async () => {
    client = await sharedCluster();
    namespace = await client.namespace({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });
  afterAll(() => client.close());

  const build = (overlay: string) => kustomize(join(DEPLOY, 'overlays', overlay));
  const only = (objects: readonly Manifest[], kind: string, name?: string): Manifest => {
    const found = objects.filter(
      (one) => one.kind === kind && (name === undefined || one.metadata.name === name),
    );
    expect(found, `${kind} ${name}`).toHaveLength(1);
    return found[0] as Manifest;
  };
  const overlays = ['database-url', 'cloudnative-pg', 'ingress', 'with-operator'];

  test.each(overlays)('a namespace that takes only restricted pods takes those of %s', async (overlay) => {
    const { template } = only(await build(overlay), 'Deployment').spec;
    const { status, body } = await client.call('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
      metadata: { ...template.metadata, name: 'kite' },
      spec: template.spec,
    });
    expect([status, body.message]).toEqual([201, undefined]);
  });

  test.each(overlays)(
    'in %s both containers have the database, and it is named before it is used',
    async (overlay) => {
      const { spec: pod } = only(await build(overlay), 'Deployment').spec.template;
      for (const { env, volumeMounts = [] } of [pod.initContainers[0], pod.containers[0]]) {
        const names: string[] = env.map(({ name }: Variable) => name);
        expect(names).toContain('DATABASE_URL');
        expect(new Set(names).size).toBe(names.length);
        const url = env.find(({ name }: Variable) => name === 'DATABASE_URL');
        for (const [, used = ''] of String(url.value ?? '').matchAll(/\$\((\w+)\)/g)) {
          expect(names.indexOf(used)).toBeGreaterThanOrEqual(0);
          expect(names.indexOf(used)).toBeLessThan(names.indexOf('DATABASE_URL'));
        }
        const ca = env.find(({ name }: Variable) => name === 'NODE_EXTRA_CA_CERTS')?.value;
        if (ca !== undefined) {
          expect(url.value).toContain('sslmode=verify-full');
          expect(volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toContain(
            dirname(ca),
          );
        }
      }
    },
  );

  test.each(overlays)('in %s what is said of Kite’s pods is said of no other pod', async (overlay) => {
    const objects = await build(overlay);
    const own = { 'app.kubernetes.io/name': 'kite' };
    expect(only(objects, 'NetworkPolicy', 'kite').spec.podSelector).toEqual({ matchLabels: own });
    expect(only(objects, 'PodDisruptionBudget', 'kite').spec.selector).toEqual({ matchLabels: own });
    expect(only(objects, 'Deployment', 'kite').spec.template.metadata.labels).toMatchObject(own);
  });

  test.each(overlays)('in %s a pod of the release before may start beside the new one', async (overlay) => {
    const { spec: pod } = only(await build(overlay), 'Deployment').spec.template;
    for (const { env } of [pod.initContainers[0], pod.containers[0]]) {
      expect(env).toContainEqual({ name: 'KITE_NEWER_DATABASE', value: 'accept' });
    }
  });

  test('the database of CloudNativePG is the one that Kite asks for, by the names that its operator gives', async () => {
    const objects = await build('cloudnative-pg');
    const { metadata, spec: cluster } = only(objects, 'Cluster');
    const { spec: pod } = only(objects, 'Deployment').spec.template;
    const env: readonly (Variable & { valueFrom?: object })[] = pod.containers[0].env;
    const { database, owner } = cluster.bootstrap.initdb;
    expect(env).toContainEqual({
      name: 'DATABASE_PASSWORD',
      valueFrom: { secretKeyRef: { name: `${metadata.name}-app`, key: 'password' } },
    });
    expect(env).toContainEqual({
      name: 'DATABASE_URL',
      value: `postgres://${owner}:$(DATABASE_PASSWORD)@${metadata.name}-rw:5432/${database}?sslmode=verify-full`,
    });
    const { secret } = pod.volumes.find(({ name }: { name: string }) => name === 'database-ca');
    // The authority's private key is in the same Secret.
    expect(secret).toEqual({ secretName: `${metadata.name}-ca`, items: [{ key: 'ca.crt', path: 'ca.crt' }] });
  });

  test('a changed access.json has another name, so it rolls out', async () => {
    const objects = await build('database-url');
    const { metadata, data } = only(objects, 'ConfigMap');
    expect(metadata.name).toMatch(/^kite-\w{10}$/);
    expect(JSON.parse(data['access.json'])).toEqual(JSON.parse(readText('base/access.json')));
    const { spec: pod } = only(objects, 'Deployment').spec.template;
    const volume = pod.volumes.find(({ name }: { name: string }) => name === 'configuration');
    expect(volume.configMap.name).toBe(metadata.name);
  });

  test('rights are bound to the accounts that the pods have', async () => {
    const objects = await build('with-operator');
    const bound = objects
      .filter(({ kind }) => kind === 'ClusterRoleBinding')
      .map(({ roleRef, subjects }) => [roleRef.name, `${subjects[0].namespace}/${subjects[0].name}`]);
    expect(bound).toContainEqual(['kite-server', 'kite/kite']);
    expect(bound).toContainEqual(['kite-reporter', 'kite-operator/kite-operator']);
    for (const { roleRef } of objects.filter(({ kind }) => kind === 'ClusterRoleBinding')) {
      only(objects, 'ClusterRole', roleRef.name);
    }
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount');
    expect(accounts.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort()).toEqual([
      'kite-operator/kite-operator',
      'kite/kite',
    ]);
  });

  test('the operator beside it shows a token of its own to the address that the ingress has', async () => {
    const objects = await build('with-operator');
    const text: string = only(objects, 'ConfigMap', 'kite-operator').data['operator.yaml'];
    const { host } = only(objects, 'Ingress').spec.rules[0];
    expect(text).toContain(`url: https://${host}\n`);
    const { spec: pod } = only(objects, 'StatefulSet').spec.template;
    const volume = pod.volumes.find(({ name }: { name: string }) => name === 'kite');
    expect(volume.projected.sources[0]).toEqual({
      serviceAccountToken: { path: 'token', expirationSeconds: 3600 },
    });
    const mount = pod.containers[0].volumeMounts.find(({ name }: { name: string }) => name === 'kite');
    expect(text).toContain(`tokenFile: ${mount.mountPath}/token\n`);
  });
});
