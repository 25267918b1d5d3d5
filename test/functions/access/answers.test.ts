import { beforeEach, describe, expect, test } from 'vitest';
import { Answers } from '../../../functions/access/answers.ts';

let now: number;
let asked: string[];
let answers: Answers<string>;

beforeEach(() => {
  now = 0;
  asked = [];
  answers = new Answers(3, () => now);
});

/** Asks for `key`, and is told its name and how often it was asked for. */
async function ask(key: string, keep = 10): Promise<string> {
  return answers.ask(key, async () => {
    asked.push(key);
    return { value: `${key}${asked.length}`, keep };
  });
}

describe('answers', () => {
  test('are believed for as long as they say and no longer', async () => {
    expect(await ask('a')).toBe('a1');
    now = 9;
    expect(await ask('a')).toBe('a1');
    now = 10;
    expect(await ask('a')).toBe('a2');
  });

  test('grow old from when they were asked for, not from when they came', async () => {
    await answers.ask('a', async () => {
      now = 8;
      return { value: 'slow', keep: 10 };
    });
    now = 9;
    expect(await ask('a')).toBe('slow');
    now = 10;
    expect(await ask('a')).toBe('a1');
  });

  test('are not remembered when they say so', async () => {
    await ask('a', 0);
    await ask('a', -5);
    expect([asked.length, answers.size]).toEqual([2, 0]);
  });

  test('to equal questions at the same time are asked for once', async () => {
    expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual(['a1', 'a1', 'b2']);
  });

  test('that fail are told to all who wait, and are not remembered', async () => {
    const failing = () =>
      answers.ask('a', async () => {
        asked.push('a');
        throw new Error('down');
      });
    const failures = await Promise.allSettled([failing(), failing()]);
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(asked).toEqual(['a']);
    expect(await ask('a')).toBe('a2');
  });

  test('are never more than so many: the oldest leaves', async () => {
    for (const key of ['a', 'b', 'c', 'd']) {
      await ask(key);
    }
    expect(answers.size).toBe(3);
    expect([answers.has('a'), answers.has('b'), answers.has('d')]).toEqual([false, true, true]);
  });

  test('can be forgotten', async () => {
    await ask('a');
    answers.forget('a');
    expect(await ask('a')).toBe('a2');
  });
});
