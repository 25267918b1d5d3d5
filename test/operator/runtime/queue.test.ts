import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Queue } from '../../../operator/runtime/queue.ts';
import { until } from '../../cluster/until.ts';

/** A queue whose work ends when it is told to. */
function byHand(concurrency: number, base = 1) {
  const begun: string[] = [];
  const ends = new Map<string, { resolve(again?: number): void; reject(error: Error): void }>();
  const waits: number[] = [];
  const queue = new Queue({
    concurrency,
    base,
    most: base * 8,
    clock: Date.now,
    random: () => 0.999,
    work: (key) => {
      begun.push(key);
      return new Promise<number | undefined>((resolve, reject) => ends.set(key, { resolve, reject }));
    },
    onFailure: (_, __, wait) => void waits.push(wait),
  });
  const end = async (key: string, result?: number | Error): Promise<void> => {
    const work = ends.get(key);
    ends.delete(key);
    if (result instanceof Error) {
      work?.reject(result);
    } else {
      work?.resolve(result);
    }
    await turn();
  };
  return { queue, begun, end, waits };
}

test('a name that waits is in the queue once', async () => {
  const { queue, begun, end } = byHand(1);
  for (const key of ['a', 'b', 'b', 'b']) {
    queue.add(key);
  }
  expect(queue.depth).toBe(2);
  queue.start();
  expect(begun).toStrictEqual(['a']);
  await end('a');
  await end('b');
  await queue.idle();
  expect(begun).toStrictEqual(['a', 'b']);
  expect(queue.depth).toBe(0);
});

test('a name is never worked on twice at the same time; what was added meanwhile follows', async () => {
  const { queue, begun, end } = byHand(4);
  queue.start();
  queue.add('a');
  queue.add('a');
  queue.add('a');
  expect(begun).toStrictEqual(['a']);
  await end('a');
  expect(begun).toStrictEqual(['a', 'a']);
  await end('a');
  expect(begun).toStrictEqual(['a', 'a']);
});

test('no more names are worked on at the same time than may be', async () => {
  const { queue, begun, end } = byHand(2);
  queue.start();
  for (const key of ['a', 'b', 'c', 'd']) {
    queue.add(key);
  }
  expect(begun).toStrictEqual(['a', 'b']);
  await end('b');
  expect(begun).toStrictEqual(['a', 'b', 'c']);
});

test('a failure is tried again, after a wait that doubles up to a limit and starts small after a success', async () => {
  const { queue, begun, end, waits } = byHand(1);
  queue.start();
  queue.add('a');
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    await until('it is worked on', () => begun.length === attempt);
    await end('a', new Error('no'));
    expect(queue.depth).toBe(1);
  }
  expect(waits.map((wait) => Math.ceil(wait))).toStrictEqual([1, 2, 4, 8, 8, 8]);
  await until('it is worked on', () => begun.length === 7);
  await end('a');
  queue.add('a');
  await end('a', new Error('no'));
  expect(Math.ceil(waits.at(-1) ?? 0)).toBe(1);
});

test('a name is worked on again after the time that the work named, or at once when it is added', async () => {
  const { queue, begun, end } = byHand(1);
  queue.start();
  queue.add('a');
  await end('a', 5);
  await until('the time has come', () => begun.length === 2);
  await end('a', 1_000_000_000_000);
  await queue.idle();
  expect(begun).toHaveLength(2);
  queue.add('a');
  expect(begun).toHaveLength(3);
  await end('a');
});

test('after a stop nothing begins; what is left and what has failed is there for the next start', async () => {
  const { queue, begun, end } = byHand(1, 1_000_000);
  queue.start();
  queue.add('failed');
  await end('failed', new Error('no'));
  queue.add('active');
  queue.add('left');
  const stopped = queue.stop();
  await end('active');
  await stopped;
  expect(begun).toStrictEqual(['failed', 'active']);
  queue.start();
  await end('left');
  await end('failed');
  expect(begun.slice(2).sort()).toStrictEqual(['failed', 'left']);
  expect(queue.depth).toBe(0);
});
