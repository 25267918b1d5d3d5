import { beforeEach, describe, expect, test } from 'vitest';
import { Turns } from '../../../functions/access/turns.ts';

let turns: Turns;
let begun: string[];
let finish: Map<string, () => void>;

beforeEach(() => {
  turns = new Turns({ atOnce: 2, waiting: 3, patience: 60_000 });
  begun = [];
  finish = new Map();
});

/** Work that goes on until it is told to finish. */
const work = (name: string, what: string): Promise<string> =>
  turns.take(name, () => {
    begun.push(what);
    return new Promise((resolve) => finish.set(what, () => resolve(what)));
  });

/** Until all that can begin has begun. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function end(what: string, result: Promise<unknown>): Promise<void> {
  finish.get(what)?.();
  await result;
  await settled();
}

describe('turns', () => {
  test('so many of a name work at once, the others in their order, and other names beside them', async () => {
    const results = ['a1', 'a2', 'a3', 'a4'].map((what) => work('a', what));
    const other = work('b', 'b1');
    await settled();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('a2', results[1] ?? Promise.reject());
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
    await end('a1', results[0] ?? Promise.reject());
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
    for (const what of ['a3', 'a4', 'b1']) {
      finish.get(what)?.();
    }
    expect(await Promise.all([...results, other])).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
    expect(turns.size).toBe(0);
  });

  test('a failure gives its place on, and is told', async () => {
    const failing = () => turns.take('a', () => Promise.reject(new Error('down')));
    const results = await Promise.allSettled([failing(), failing(), failing(), failing()]);
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'rejected'));
    expect(turns.size).toBe(0);
  });

  test('a line that is too long is joined by nobody', async () => {
    const results = ['a1', 'a2', 'a3', 'a4', 'a5'].map((what) => work('a', what));
    await expect(work('a', 'a6')).rejects.toThrow('3 questions of the same caller wait already');
    for (const [index, result] of results.entries()) {
      await settled();
      await end(`a${index + 1}`, result);
    }
    expect(begun).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(turns.size).toBe(0);
  });

  test('who waits too long leaves the line, and takes nobody’s place', async () => {
    turns = new Turns({ atOnce: 1, waiting: 3, patience: 20 });
    const first = work('a', 'a1');
    await expect(work('a', 'a2')).rejects.toThrow('came before this one');
    await end('a1', first);
    expect(begun).toEqual(['a1']);
    expect(turns.size).toBe(0);
  });
});
