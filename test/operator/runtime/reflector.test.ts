import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Cluster } from '../../../operator/runtime/cluster.ts';
import { Reflector, type ReflectorOptions } from '../../../operator/runtime/reflector.ts';
import { auditOf } from '../../cluster/audit.ts';
import type { KubeClient } from '../../cluster/client.ts';
import { type KubeServer, startKubeServer } from '../../cluster/server.ts';
import { describeWithCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { startRelay } from './broken-network.ts';
import { CONFIG_MAPS, connectTo, countingTelemetry, put, recordingLog, remove, said } from './watching.ts';

/** An API server that is killed, halted and made to forget. */
describeWithCluster('A reflector', () => {
  let server: KubeServer;
  let client: KubeClient;
  let cluster: Cluster;
  let namespace: string;
  const endings: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await startKubeServer({ isAudited: true });
    client = server.client;
    cluster = await connectTo(server.address);
    namespace = await client.namespace();
  });
  afterEach(async () => {
    await Promise.all(endings.splice(0).map((end) => end()));
    namespace = await client.namespace();
  });
  afterAll(async () => {
    await cluster.close();
    await server.stop();
  });

  /** Follows the ConfigMaps of the namespace; `seen` is what was told. */
  function follow(options: Partial<ReflectorOptions<never>> = {}) {
    const seen: string[] = [];
    const { telemetry, counts } = countingTelemetry();
    const reflector = new Reflector<never>({
      cluster,
      kind: CONFIG_MAPS,
      namespace,
      isWanted: () => true,
      onSighting: ({ known, object, isDeleted }) =>
        void seen.push(object === undefined ? `${known.name} vanished` : said({ object, isDeleted })),
      onMalformed: () => undefined,
      onProblem: () => undefined,
      turn: (work) => work(),
      resync: 3_600_000,
      telemetry,
      controller: 'configmap',
      log: recordingLog().log,
      clock: Date.now,
      random: () => 0.5,
      ...options,
    });
    const stop = new AbortController();
    const running = reflector.run(stop.signal);
    endings.push(async () => {
      stop.abort();
      await running;
    });
    const restarts = (reason: string): number =>
      counts.get(`watch_restarts{controller="configmap",reason="${reason}"}`) ?? 0;
    return { reflector, seen, counts, restarts };
  }

  test('goes on by itself when the API server ends a watch, without listing again', async () => {
    const { seen, counts, restarts } = follow({ timing: { watch: 1_000 } });
    await put(client, namespace, 'one', 'good');
    await until('it is seen', () => seen.includes('one@good'));
    counts.delete('list_seconds{controller="configmap"}');
    for (const [turn, value] of ['a', 'b', 'c'].entries()) {
      await until('the watch is another one', () => restarts('ended') > turn);
      await put(client, namespace, 'one', value);
      await until('the change is seen', () => seen.includes(`one@${value}`));
    }
    expect(counts.has('list_seconds{controller="configmap"}')).toBe(false);
    expect(restarts('lost')).toBe(0);
    expect(seen).toStrictEqual(['one@good', 'one@a', 'one@b', 'one@c']);
  });

  test('tells what has happened while the network was broken', async () => {
    for (const name of ['same', 'changed', 'gone', 'replaced']) {
      await put(client, namespace, name, 'good');
    }
    const relay = await startRelay(server.address);
    endings.push(relay.close);
    const { seen, restarts } = follow({ cluster: relay.cluster, timing: { base: 20 } });
    await until('all are seen', () => seen.length === 4);
    seen.length = 0;
    relay.cut();
    await put(client, namespace, 'changed', 'bad');
    await remove(client, namespace, 'gone');
    await remove(client, namespace, 'replaced');
    await put(client, namespace, 'replaced', 'new');
    await until('it is tried in vain', () => restarts('lost') > 1);
    relay.mend();
    await until('all is seen', () => seen.length === 4);
    expect(seen).toStrictEqual(['changed@bad', 'replaced vanished', 'replaced@new', 'gone vanished']);
  });

  test('goes on after the API server was killed', async () => {
    await put(client, namespace, 'same', 'good');
    const { seen, restarts } = follow();
    await until('it is seen', () => seen.includes('same@good'));
    await server.kill('kube-apiserver');
    await until('it is noticed', () => restarts('lost') > 0);
    await server.restart('kube-apiserver');
    await put(client, namespace, 'after', 'good');
    await until('it is seen', () => seen.includes('after@good'));
    expect(seen).toStrictEqual(['same@good', 'after@good']);
  });

  /** Follows with watches of a second, and holds its reader until the watch has come to its end in good order. */
  async function followAndHold() {
    let isHeld = false;
    const waiting: (() => void)[] = [];
    const seen: string[] = [];
    const { restarts, counts } = follow({
      timing: { watch: 1_000 },
      onSighting: async ({ known, object, isDeleted }) => {
        if (isHeld) {
          await new Promise<void>((resolve) => waiting.push(resolve));
        }
        seen.push(object === undefined ? `${known.name} vanished` : said({ object, isDeleted }));
      },
    });
    await put(client, namespace, 'one', 'good');
    await put(client, namespace, 'gone', 'good');
    await put(client, namespace, 'gone', 'bad');
    await until('all is seen', () => seen.includes('one@good') && seen.includes('gone@bad'));
    counts.delete('list_seconds{controller="configmap"}');
    isHeld = true;
    await put(client, namespace, 'held', 'good');
    await until('the reader is held', () => waiting.length > 0);
    await until('the watch has ended', async () => {
      const all = await auditOf(server);
      const watches = all.filter((each) => each.namespace === namespace && each.verb === 'watch');
      return watches.length === 2 * watches.filter(({ isOver }) => isOver).length;
    });
    seen.length = 0;
    const letGo = (): void => {
      isHeld = false;
      waiting.splice(0).map((resolve) => resolve());
    };
    return { seen, restarts, counts, letGo };
  }

  test('sees what was deleted between two watches as it was last, which a list could not tell', async () => {
    const { seen, restarts, counts, letGo } = await followAndHold();
    await remove(client, namespace, 'gone');
    await put(client, namespace, 'one', 'bad');
    await put(client, namespace, 'brief', 'good');
    await remove(client, namespace, 'brief');
    letGo();
    await until('all is seen', () => seen.includes('brief@good gone'));
    expect(seen).toStrictEqual(['held@good', 'gone@bad gone', 'one@bad', 'brief@good', 'brief@good gone']);
    expect(restarts('gone')).toBe(0);
    expect(counts.has('list_seconds{controller="configmap"}')).toBe(false);
  });

  test('lists again when the API server has forgotten where it was (410)', async () => {
    const { seen, restarts, letGo } = await followAndHold();
    await put(client, namespace, 'one', 'bad');
    await remove(client, namespace, 'gone');
    await forget();
    await server.kill('kube-apiserver');
    await server.restart('kube-apiserver');
    letGo();
    await until('all is seen', () => seen.includes('one@bad') && seen.includes('gone vanished'));
    expect(restarts('gone')).toBe(1);
    expect([...seen].sort()).toStrictEqual(['gone vanished', 'held@good', 'one@bad']);
  });

  test('begins a list anew when its later pages are forgotten (410)', async () => {
    const names = Array.from({ length: 620 }, (_, index) => `n${String(index).padStart(3, '0')}`);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    for (let start = 0; start < names.length; start += 40) {
      const some = names.slice(start, start + 40);
      await Promise.all(
        some.map((name) => client.must('POST', path, { metadata: { name }, data: { value: 'x' } })),
      );
    }
    const seen: string[] = [];
    let isForgotten = false;
    const { reflector, restarts } = follow({
      onSighting: async ({ known }) => {
        if (seen.push(known.name) === 400) {
          await forget();
          await server.kill('kube-apiserver');
          await server.restart('kube-apiserver');
          isForgotten = true;
        }
      },
    });
    await until('all are seen', () => reflector.isSynced);
    expect(isForgotten).toBe(true);
    expect(restarts('gone')).toBe(1);
    expect(seen.sort()).toStrictEqual(names);
  });

  test('gives up a connection that is open but silent', async () => {
    const { seen, restarts } = follow({ timing: { watch: 1_000, grace: 500, base: 10 } });
    await put(client, namespace, 'one', 'good');
    await until('it is seen', () => seen.includes('one@good'));
    server.freeze('kube-apiserver');
    await until('the silence is noticed', () => restarts('silent') > 0);
    server.thaw('kube-apiserver');
    await put(client, namespace, 'one', 'bad');
    await until('it goes on', () => seen.includes('one@bad'));
  });

  test('survives that etcd is away', async () => {
    const { seen } = follow();
    await put(client, namespace, 'one', 'good');
    await until('it is seen', () => seen.includes('one@good'));
    await server.kill('etcd');
    await server.restart('etcd');
    await put(client, namespace, 'one', 'bad');
    await until('it goes on', () => seen.includes('one@bad'));
  });

  /** Lets etcd forget all that is past. */
  async function forget(): Promise<void> {
    const gateway = async (path: string, body: object) => {
      const answer = await fetch(`${server.etcdUrl}/v3/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
      return (await answer.json()) as { readonly header: { readonly revision: string } };
    };
    await client.namespace();
    const { header } = await gateway('kv/range', { key: Buffer.from('none').toString('base64') });
    await gateway('kv/compaction', { revision: header.revision, physical: true });
  }
});
