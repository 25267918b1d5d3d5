import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../operator/config.ts';
import { controllers } from '../../../operator/controllers/all.ts';
import { surroundings } from '../../../operator/controllers/settings.ts';
import type { Controller, ResourceKind } from '../../../operator/runtime/controller.ts';
import { nameOf } from '../../../operator/runtime/objects.ts';
import { NAMESPACES } from '../../../operator/runtime/places.ts';
import { kustomize, type Manifest } from '../../cluster/manifests.ts';
import { describeWithCluster } from '../../cluster/suite.ts';
import { DEPLOY, manifestFiles, permissions, readManifests } from './manifests.ts';

const pod = { isPod: true, journalDirectory: '/nowhere' };
const defaults = parseConfig('', '/etc/kite-operator/operator.yaml', pod);

const [statefulSet] = readManifests('base/statefulset.yaml');
const spec = statefulSet?.spec.template.spec;
const [container] = spec.containers;

test('every file is YAML, and what a kustomization names is there', () => {
  const files = manifestFiles();
  expect(files.length).toBeGreaterThan(20);
  const named = new Set<string>();
  for (const file of files) {
    const documents = readManifests(file);
    if (!file.endsWith('kustomization.yaml')) continue;
    const [{ resources = [], components = [], configMapGenerator = [] } = {} as Manifest] = documents;
    const generated = configMapGenerator.flatMap(({ files: own }: { files: string[] }) => own);
    for (const path of [...resources, ...components, ...generated]) {
      const target = join(dirname(file), path);
      expect(existsSync(join(DEPLOY, target)), `${file}: ${path}`).toBe(true);
      named.add(target.endsWith('.yaml') ? target : join(target, 'kustomization.yaml'));
    }
  }
  const loose = files.filter(
    (file) => !named.has(file) && !/^(overlays|components)\/[^/]+\/kustomization/.test(file),
  );
  expect(loose).toEqual([]);
});

/** What a controller declares that it asks for. */
function declared(name: keyof typeof controllers): Pick<Controller, 'watches' | 'reads'> {
  const { settings, create } = controllers[name] as {
    settings: { parse(value: unknown): object };
    create(own: never): Controller;
  };
  return create({ ...surroundings.parse({}), ...settings.parse({}) } as never);
}

const on = (verb: string) => (kind: ResourceKind) => `${verb} ${nameOf(kind)}`;

test.each(Object.keys(controllers) as (keyof typeof controllers)[])(
  'the component of %s permits what the controller declares, and nothing else',
  (name) => {
    const { watches, reads } = declared(name);
    const [role, binding] = readManifests(`components/${name}/rbac.yaml`);
    const given = permissions(role?.rules ?? []);
    const needed = [on('list')(watches), on('watch')(watches)];
    expect(given).toEqual(expect.arrayContaining(needed));
    const others = given.filter((permission) => !needed.includes(permission));
    // What else is read may be listed or got; which of the two, the requests of the integration tests tell.
    const readable = reads.flatMap((kind) => [on('get')(kind), on('list')(kind)]);
    expect(readable).toEqual(expect.arrayContaining(others));
    for (const kind of reads) {
      expect(
        others.some((permission) => permission.endsWith(` ${nameOf(kind)}`)),
        nameOf(kind),
      ).toBe(true);
    }
    expect(binding?.roleRef.name).toBe(role?.metadata.name);
    expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', name: spec.serviceAccountName }]);
  },
);

test('a selector of namespaces has a component, which permits to watch them', () => {
  const [role] = readManifests('components/namespace-selector/rbac.yaml');
  expect(permissions(role?.rules ?? [])).toEqual([on('list')(NAMESPACES), on('watch')(NAMESPACES)]);
});

test('nothing but the one lease may be written', () => {
  const [role] = readManifests('base/lease-role.yaml');
  const lease = `leases.coordination.k8s.io`;
  expect(permissions(role?.rules ?? [])).toEqual([
    `create ${lease}`,
    `get ${lease} ${defaults.lease.name}`,
    `update ${lease} ${defaults.lease.name}`,
  ]);
  const written = manifestFiles()
    .flatMap(readManifests)
    .filter(({ kind }) => kind === 'ClusterRole')
    .flatMap(({ rules }) => permissions(rules))
    .filter((permission) => !/^(get|list|watch) /.test(permission));
  expect(written).toEqual([]);
});

test('the pod may do nothing on its node', () => {
  expect(spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expect(container.resources).toEqual({
    requests: { cpu: '50m', memory: '96Mi' },
    limits: { memory: '256Mi' },
  });
});

test('the heap that the image gives to Node fits into the memory of the pod, beside Node itself', () => {
  const dockerfile = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8');
  const [old = 0, semi = 0] = ['old', 'semi'].map((space) =>
    Number(new RegExp(`^ENTRYPOINT .*"--max-${space}-space-size=(\\d+)"`, 'm').exec(dockerfile)?.[1]),
  );
  const limit = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)?.[1]);
  expect(old + 3 * semi + 70).toBeLessThanOrEqual(limit);
});

test('its token is projected, expires, and is where the client looks for it', () => {
  const [account] = readManifests('base/serviceaccount.yaml');
  expect([account?.automountServiceAccountToken, spec.automountServiceAccountToken]).toEqual([false, false]);
  const mount = container.volumeMounts.find(({ name }: { name: string }) => name === 'api-access');
  expect(mount).toMatchObject({ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true });
  const { projected } = spec.volumes.find(({ name }: { name: string }) => name === 'api-access');
  expect(projected.sources).toMatchObject([
    { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
    { configMap: { name: 'kube-root-ca.crt' } },
    { downwardAPI: { items: [{ path: 'namespace' }] } },
  ]);
});

test('probes, ports, grace time and paths are those of the program', () => {
  const [port] = container.ports;
  expect(port).toEqual({ name: 'status', containerPort: defaults.server.port });
  expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'status' });
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'status' });
  expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(defaults.grace + 5_000);
  const dockerfile = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8');
  expect(dockerfile).toContain('KITE_OPERATOR_CONFIG=/etc/kite-operator/operator.yaml');
  expect(dockerfile).toMatch(/^USER \d+:\d+$/m);
  const paths = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
  expect(paths).toContain('/etc/kite-operator');
  for (const file of ['base/operator.yaml', 'overlays/one-namespace/operator.yaml']) {
    const config = parseConfig(
      readFileSync(join(DEPLOY, file), 'utf8'),
      '/etc/kite-operator/operator.yaml',
      pod,
    );
    expect(paths.some((path: string) => config.journal.directory.startsWith(`${path}/`))).toBe(true);
    expect(config.lease.isEnabled).toBe(true);
  }
});

describeWithCluster('what kustomize makes of the overlays', () => {
  test('rights are bound to the account that the pods have, in the namespace where it is', async () => {
    for (const overlay of ['whole-cluster', 'one-namespace', 'empty-dir']) {
      const objects = await kustomize(join(DEPLOY, 'overlays', overlay));
      const account = objects.find(({ kind }) => kind === 'ServiceAccount')?.metadata;
      const bindings = objects.filter(
        ({ kind }) => kind.endsWith('RoleBinding') || kind === 'ClusterRoleBinding',
      );
      expect(bindings).toHaveLength(2);
      for (const { subjects, roleRef } of bindings) {
        expect(subjects).toEqual([
          { kind: 'ServiceAccount', name: account?.name, namespace: account?.namespace },
        ]);
        expect(
          objects.find(({ kind, metadata }) => kind === roleRef.kind && metadata.name === roleRef.name),
        ).toBeDefined();
      }
    }
  });

  test('one namespace needs nothing outside of it, and its configuration names the same one', async () => {
    const objects = await kustomize(join(DEPLOY, 'overlays/one-namespace'));
    const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace));
    expect([...namespaces]).toEqual([expect.any(String)]);
    const text = objects.find(({ kind }) => kind === 'ConfigMap')?.data['operator.yaml'];
    expect(parseConfig(text, '/operator.yaml', pod).namespaces.names).toEqual([...namespaces]);
  });

  test('without claims the journal is in the pod, and the overlay says what that can lose', async () => {
    const objects = await kustomize(join(DEPLOY, 'overlays/empty-dir'));
    const set = objects.find(({ kind }) => kind === 'StatefulSet');
    expect(set?.spec.volumeClaimTemplates).toBeUndefined();
    expect(set?.spec.template.spec.volumes).toContainEqual({
      name: 'journal',
      emptyDir: { sizeLimit: '3Gi' },
    });
    expect(readFileSync(join(DEPLOY, 'overlays/empty-dir/kustomization.yaml'), 'utf8')).toContain(
      'What is lost',
    );
  });
});
