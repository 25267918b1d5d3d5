import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { KubeClient } from '../../cluster/client.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { configMapController, put, remove, type Watching, watchConfigMaps } from './watching.ts';

describeWithCluster('A manager', () => {
  let client: KubeClient;
  let namespace: string;
  const open: Watching[] = [];
  const watch: typeof watchConfigMaps = async (address, options) => {
    const watching = await watchConfigMaps(address, { namespaces: { names: [namespace] }, ...options });
    open.push(watching);
    return watching;
  };

  beforeAll(async () => {
    client = await sharedCluster();
    namespace = await client.namespace();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((watching) => watching.close()));
    namespace = await client.namespace();
  });
  afterAll(() => client.close());

  test('gives the controller what is there, what changes and what goes', async () => {
    await put(client, namespace, 'one', 'good');
    const { accepted, manager } = await watch(client.address, {});
    await until('it is listed', () => accepted.includes('one@good'));
    await put(client, namespace, 'two', 'good');
    await until('it is seen', () => accepted.includes('two@good'));
    await put(client, namespace, 'two', 'bad');
    await until('the change is seen', () => accepted.includes('two@bad'));
    await remove(client, namespace, 'two');
    await until('the deletion is seen with the last state', () => accepted.includes('two@bad gone'));
    expect(accepted).toStrictEqual(['one@good', 'two@good', 'two@bad', 'two@bad gone']);
    expect(manager.state()).toMatchObject({
      controllers: [{ name: 'configmap', isSynced: true, watched: 1, waiting: 0, oldestMs: 0 }],
      problems: [],
    });
  });

  test('tries an object again that its controller throws for, while the others go on', async () => {
    let patience = 3;
    const controller = configMapController(({ object }) => {
      if (object.metadata.name === 'thorn' && patience > 0) {
        patience -= 1;
        throw new Error('a thorn');
      }
      return {};
    });
    await put(client, namespace, 'thorn', 'good');
    await put(client, namespace, 'rose', 'good');
    const { accepted, lines, counts } = await watch(client.address, { controller, random: () => 0 });
    await until('both are accepted', () => accepted.length === 2);
    expect(accepted).toStrictEqual(['rose@good', 'thorn@good']);
    expect(counts.get('observations{controller="configmap",outcome="failed"}')).toBe(3);
    const complaint = lines.find(({ level }) => level === 'error');
    expect(complaint?.fields).toMatchObject({ controller: 'configmap', namespace, name: 'thorn' });
  });

  test('keeps an object whole that cannot be trimmed, and says so', async () => {
    const trim = () => {
      throw new Error('scissors');
    };
    await put(client, namespace, 'one', 'good');
    const { accepted, counts } = await watch(client.address, {
      controller: { ...configMapController(), trim },
    });
    await until('it is accepted', () => accepted.includes('one@good'));
    expect(counts.get('malformed_objects{controller="configmap"}')).toBe(1);
  });

  test('observes again what was not accepted', async () => {
    let refusals = 2;
    const taken: string[] = [];
    await put(client, namespace, 'one', 'bad');
    await watch(client.address, {
      random: () => 0,
      accept: async (reports) => {
        refusals -= 1;
        if (refusals >= 0) {
          throw new Error('the disk is full');
        }
        taken.push(...reports.map(({ eventId }) => eventId));
      },
    });
    await until('it is accepted', () => taken.length > 0);
    expect(taken).toHaveLength(1);
  });

  test('looks at everything again after the resync interval, and reports nothing twice', async () => {
    await put(client, namespace, 'one', 'good');
    await put(client, namespace, 'two', 'bad');
    const { accepted, controller } = await watch(client.address, { resync: 300 });
    await until('both were seen four times', () => controller.looks.length >= 8);
    expect([...accepted].sort()).toStrictEqual(['one@good', 'two@bad']);
  });

  test('looks again after the time that a controller names, and holds the object until then', async () => {
    let again: number | undefined = 50;
    const controller = configMapController(() => ({ reports: [], again }));
    await put(client, namespace, 'one', 'slow');
    await watch(client.address, { controller });
    await until('it was seen five times', () => controller.looks.length >= 5);
    again = undefined;
    expect(new Set(controller.looks)).toStrictEqual(new Set(['one@slow']));
  });

  test('sees what went, came and was replaced while nobody watched', async () => {
    const controller = configMapController(({ object }) =>
      object.metadata.name === 'going' ? { again: 3_600_000 } : {},
    );
    for (const name of ['going', 'ended', 'replaced', 'same']) {
      await put(client, namespace, name, 'bad');
    }
    const watching = await watch(client.address, { controller });
    const { accepted, end, begin } = watching;
    await until('all are accepted', () => accepted.length === 4);
    await end();
    accepted.length = 0;
    for (const name of ['going', 'ended', 'replaced']) {
      await remove(client, namespace, name);
    }
    await put(client, namespace, 'replaced', 'good');
    await put(client, namespace, 'new', 'good');
    begin();
    await until('all is seen', () => accepted.length >= 5);
    // What is to be looked at again is still known as it was; of the others, only which object it was.
    expect(accepted.filter((each) => each.startsWith('replaced'))).toStrictEqual([
      'replaced@? gone',
      'replaced@good',
    ]);
    expect([...accepted].sort()).toStrictEqual([
      'ended@? gone',
      'going@bad gone',
      'new@good',
      'replaced@? gone',
      'replaced@good',
    ]);
  });

  test('stops reading while too many objects wait', async () => {
    const most = 5;
    let isOpen = false;
    const taken = new Set<string>();
    await Promise.all(Array.from({ length: 60 }, (_, index) => put(client, namespace, `n${index}`, 'bad')));
    const { manager } = await watch(client.address, {
      mostWaiting: most,
      random: () => 0,
      accept: async ([report]) => {
        if (!isOpen) {
          throw new Error('not yet');
        }
        taken.add(report?.subject ?? '');
      },
    });
    const waiting = () => manager.state().controllers[0]?.waiting ?? 0;
    await until('as many wait as may', () => waiting() === most);
    expect(manager.state().controllers[0]).toMatchObject({ isSynced: false });
    isOpen = true;
    await until('all are accepted', () => taken.size === 60);
    expect(manager.state().controllers[0]).toMatchObject({ isSynced: true, waiting: 0 });
  });

  test('observes what waits before it ends, and keeps the rest for the next time', async () => {
    let isLeader = true;
    const taken: string[] = [];
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const controller = configMapController(async () => {
      await held;
      return {};
    });
    for (const name of ['one', 'two', 'three']) {
      await put(client, namespace, name, 'good');
    }
    const { end, begin, manager } = await watch(client.address, {
      controller,
      concurrency: 1,
      holds: () => isLeader,
      accept: async (reports) => void taken.push(...reports.map(({ subject }) => subject)),
    });
    await until('all wait', () => manager.state().controllers[0]?.waiting === 3);
    isLeader = false;
    const ended = end();
    letGo();
    await ended;
    expect(taken).toStrictEqual([]);
    isLeader = true;
    begin();
    await until('one is accepted', () => taken.length > 0);
    await end();
    expect(taken).toHaveLength(3);
  });
});
