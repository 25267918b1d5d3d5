import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Account, type KubeClient, writeKubeconfig } from '../cluster/client.ts';
import { describeWithCluster, sharedCluster } from '../cluster/suite.ts';
import { until } from '../cluster/until.ts';
import { useKite } from '../support/kite.ts';
import { readManifests } from './deploy/manifests.ts';
import { makeWorkplace, type Workplace } from './program.ts';

/** Each of some programs takes seconds to start where the machine is busy. */
vi.setConfig({ testTimeout: 120_000 });

const kite = useKite();

/** Kite takes nothing that is half a year old. */
const anHourAgo = `${new Date(Date.now() - 3_600_000).toISOString().slice(0, 19)}Z`;

/** A Deployment that has too few pods. */
const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { app: name } },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
  },
});
const unavailable = {
  conditions: [
    {
      type: 'Available',
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
      message: 'Deployment does not have minimum availability.',
      lastTransitionTime: anHourAgo,
      lastUpdateTime: anHourAgo,
    },
  ],
};

describeWithCluster('the operator from its command line', () => {
  let client: KubeClient;
  let account: Account;
  let namespace = '';
  let kubeconfig = '';
  let place: Workplace;
  let broken: Server | undefined;

  beforeAll(async () => {
    client = await sharedCluster();
  });
  afterAll(() => client.close());
  beforeEach(async () => {
    place = await makeWorkplace();
    namespace = await client.namespace();
    account = await client.account(namespace);
    kubeconfig = await writeKubeconfig(account.address);
  });
  afterEach(async () => {
    await place.close();
    broken?.closeAllConnections();
    broken?.close();
    broken = undefined;
  });

  /** The rights of the component and of the base, and no others. */
  async function permit(): Promise<void> {
    const [role] = readManifests('components/deployment/rbac.yaml');
    const [lease] = readManifests('base/lease-role.yaml');
    await client.allow(account, namespace, role?.rules);
    await client.allow(account, namespace, lease?.rules);
  }

  async function fail(name: string): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const made = await client.must('POST', path, deployment(name));
    await client.must('PUT', `${path}/${name}/status`, { ...made, status: unavailable });
  }

  const configure = (url: string, settings: object = {}) =>
    place.configure({
      kite: { url },
      clusterName: namespace,
      controllers: { pipelinerun: { enabled: false }, deployment: { unavailableAfter: '1m' } },
      namespaces: { names: [namespace] },
      ...settings,
    });

  async function issues(): Promise<readonly string[]> {
    const { data } = await kite.list({ namespace });
    return data.map(({ scope, state }) => `${scope.resourceName} ${state}`).sort();
  }

  /** A Kite that takes connections and never answers. */
  async function hang(): Promise<string> {
    broken = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => broken?.once('listening', resolve));
    return `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  }

  async function output(...args: readonly string[]) {
    const program = place.start('--kubeconfig', kubeconfig, ...args);
    const code = await program.ended;
    return { code, stdout: program.stdout(), stderr: program.stderr() };
  }

  test('--once --dry-run says what it would report, sends nothing and keeps nothing', async () => {
    await permit();
    await fail('web');
    const config = await configure(kite.server.url);
    const text = await output('--config', config, '--once', '--dry-run');
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toBe(
      [
        `reported      deployment  ${namespace}/web: is not available`,
        `                failing  ${namespace} release deployment/web  major  "Deployment web does not become available"`,
        '',
      ].join('\n'),
    );
    const json = await output('--config', config, '--once', '--dry-run', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ controller: 'deployment', namespace, name: 'web', reason: 'is not available', isDeleted: false },
      reports: [{ outcome: 'failing', cluster: namespace, scope: { resourceName: 'web' } }],
    });
    expect(await issues()).toEqual([]);
    expect(existsSync(join(place.directory, 'state'))).toBe(false);
  });

  test('--dry-run alone goes on watching, and writes no lease', async () => {
    await permit();
    const config = await configure(kite.server.url, { lease: { enabled: true, name: 'kite-operator' } });
    const program = place.start('--kubeconfig', kubeconfig, '--config', config, '--dry-run');
    await fail('web');
    await until('the failure is seen', () => program.stdout().includes('web: is not available\n'));
    await client.must('DELETE', `/apis/apps/v1/namespaces/${namespace}/deployments/web`);
    await until('the deletion is seen', () => program.stdout().includes('web: was deleted\n'));
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    const leases = await client.must('GET', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`);
    expect(leases.items).toEqual([]);
    expect(await issues()).toEqual([]);
  });

  test('--once reports, sums up, and says with its exit code whether all was sent', async () => {
    await permit();
    await fail('web');
    await fail('api');
    const away = await output('--config', await configure('http://127.0.0.1:9'), '--once');
    expect(away.code).toBe(1);
    expect(away.stdout).toContain('2 reports could not be sent and stay in the journal.\n');
    expect(away.stdout).toContain('http://127.0.0.1:9 cannot be reached');
    await client.must('DELETE', `/apis/apps/v1/namespaces/${namespace}/deployments/api`);
    const back = await output('--config', await configure(kite.server.url), '--once');
    expect(back.code).toBe(0);
    expect(back.stdout).toMatch(/^deployment +is not available +1 +1$/m);
    expect(back.stdout).toContain('Kite answered: 2 opened.\n');
    expect(await issues()).toEqual(['api ACTIVE', 'web ACTIVE']);
    const again = await output('--config', await configure(kite.server.url), '--once', '--json');
    expect(JSON.parse(again.stdout)).toEqual({
      observed: [{ controller: 'deployment', reason: 'is not available', objects: 1, reports: 1 }],
      answers: { duplicate: 1 },
      left: 0,
      dropped: 0,
      problems: [],
    });
  });

  test('what may not be listed is named', async () => {
    const once = await output('--config', await configure(kite.server.url), '--once');
    expect(once.code).toBe(1);
    expect(once.stdout).toMatch(
      /Problems:\n {2}deployment: list deployments\.apps in test-\w+: A permission is missing: .* is forbidden/,
    );
    const program = place.start('--kubeconfig', kubeconfig, '--config', await configure(kite.server.url));
    const unready = await until('it says so in /readyz', async () => {
      const answer = await program.get('/readyz');
      return answer.text.includes('A permission is missing') && answer;
    });
    expect(unready.status).toBe(503);
    expect((await program.get('/healthz')).status).toBe(200);
  });

  test('a change of the configuration counts at once, and a wrong one is named and does not', async () => {
    await permit();
    await fail('web');
    const off = { controllers: { pipelinerun: { enabled: false } } };
    const config = await configure(kite.server.url, off);
    const program = place.start('--kubeconfig', kubeconfig, '--config', config);
    await until('it is ready', async () => (await program.get('/readyz')).status === 200);
    expect((await program.get('/metrics')).text).not.toContain('kite_operator_watched_objects{');
    await configure(kite.server.url);
    await until('the failure is reported', async () => (await issues()).includes('web ACTIVE'));
    const letters = place.start('dead-letter', 'list', '--config', config);
    expect(await letters.ended).toBe(0);
    expect(letters.stdout()).toBe('Kite has refused nothing.\n');
    await configure('not an address');
    await until('it says so', async () => (await program.get('/readyz')).text.includes('kite.url is not'));
    const metrics = await program.get('/metrics');
    expect(metrics.text).toContain('kite_operator_config_valid 0\n');
    expect(metrics.text).toContain('kite_operator_config_reloads_total 1\n');
    await fail('api');
    await until('the one before it counts', async () => (await issues()).includes('api ACTIVE'));
    const reported = program.log().filter(({ msg }) => msg === 'reported');
    expect(reported).toMatchObject([
      {
        controller: 'deployment',
        namespace,
        name: 'web',
        reason: 'is not available',
        reports: [expect.any(String)],
      },
      { controller: 'deployment', namespace, name: 'api', reason: 'is not available' },
    ]);
  });

  test('of two one observes; when it is stopped it gives the lease up, and the other one goes on', async () => {
    await permit();
    const lease = { lease: { enabled: true, name: 'kite-operator', namespace } };
    const start = async (name: string) => {
      const journal = { directory: join(place.directory, name) };
      const config = await configure(kite.server.url, { ...lease, journal });
      const program = place.start('--kubeconfig', kubeconfig, '--config', config);
      await until('it has started', async () => (await program.get('/readyz')).status === 200);
      return program;
    };
    const role = async (program: Awaited<ReturnType<typeof start>>) =>
      JSON.parse((await program.get('/readyz')).text).role as string;
    const first = await start('first');
    await until('it leads', async () => (await role(first)) === 'leader');
    const second = await start('second');
    expect(await role(second)).toBe('standby');
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(first.log().map(({ msg }) => msg)).toContain('this replica has given up the lead');
    await until('the other one leads', async () => (await role(second)) === 'leader');
    await fail('web');
    await until('the failure is reported', async () => (await issues()).includes('web ACTIVE'));
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
  });

  test('what cannot be sent in the grace time stays in the journal', async () => {
    await permit();
    await fail('web');
    const config = await configure(await hang(), { grace: '1s' });
    const program = place.start('--kubeconfig', kubeconfig, '--config', config);
    await until('the report is in the journal', async () =>
      (await program.get('/metrics')).text.includes('kite_operator_journal_pending_reports 1\n'),
    );
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.log().at(-1)).toMatchObject({ msg: 'what is left stays in the journal', left: 1 });
    await client.must('DELETE', `/apis/apps/v1/namespaces/${namespace}/deployments/web`);
    const once = await output('--config', await configure(kite.server.url), '--once');
    expect(once.stdout).toContain('Kite answered: 1 opened.\n');
    expect(await issues()).toEqual(['web ACTIVE']);
  });

  test('a second signal ends it at once', async () => {
    await permit();
    await fail('web');
    const config = await configure(await hang(), { grace: '1h' });
    const program = place.start('--kubeconfig', kubeconfig, '--config', config);
    await until('the report is in the journal', async () =>
      (await program.get('/metrics')).text.includes('kite_operator_journal_pending_reports 1\n'),
    );
    program.child.kill('SIGTERM');
    await until('it is stopping', async () => (await program.get('/readyz')).text.includes('is stopping'));
    await until(
      'it has ended',
      () => program.child.kill('SIGTERM') === false || program.child.exitCode !== null,
    );
    expect(await program.ended).toBe(1);
  });
});
