import { beforeEach, describe, expect, test } from 'vitest';
import { KiteError } from '../../../core/errors.ts';
import { Buckets } from '../../../functions/access/bucket.ts';
import { Guesses, Shares } from '../../../functions/access/limits.ts';
import { blockOf } from '../../../functions/access/source.ts';

let now: number;
const clock = () => now;
beforeEach(() => {
  now = 0;
});

/** Seconds of Retry-After, or null when it is let in. */
function refusal(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (error instanceof KiteError && error.code === 'rate_limited') {
      return error.headers['Retry-After'] ?? 'none';
    }
    throw error;
  }
}

describe('the share of a principal', () => {
  test('is so many at once, then so many a second, and says how long to wait', () => {
    const shares = new Shares({ perSecond: 2, burst: 3, atOnce: 100 }, 10, clock);
    const attempts = () => [1, 2, 3, 4].map(() => refusal(() => shares.take('a')()));
    expect(attempts()).toEqual([null, null, null, '1']);
    now = 1_000;
    expect(attempts()).toEqual([null, null, '1', '1']);
    now = 3_600_000;
    expect(attempts()).toEqual([null, null, null, '1']);
  });

  test('a slow refill says the seconds in full', () => {
    const shares = new Shares({ perSecond: 0.1, burst: 1, atOnce: 100 }, 10, clock);
    expect([1, 2].map(() => refusal(() => shares.take('a')))).toEqual([null, '10']);
  });

  test('is not touched by what others take', () => {
    const shares = new Shares({ perSecond: 1, burst: 1, atOnce: 1 }, 10, clock);
    shares.take('a');
    expect(refusal(() => shares.take('a'))).toBe('1');
    expect(refusal(() => shares.take('b'))).toBeNull();
  });

  test('holds so many at work at the same time, each given back once', () => {
    const shares = new Shares({ perSecond: 1_000, burst: 1_000, atOnce: 2 }, 10, clock);
    const release = shares.take('a');
    shares.take('a');
    expect(refusal(() => shares.take('a'))).toBe('1');
    release();
    release();
    expect(refusal(() => shares.take('a'))).toBeNull();
    expect(refusal(() => shares.take('a'))).toBe('1');
  });

  test('what is refused for being too many at once is not counted as sent', () => {
    const shares = new Shares({ perSecond: 0.001, burst: 2, atOnce: 1 }, 10, clock);
    const release = shares.take('a');
    expect(refusal(() => shares.take('a'))).toBe('1');
    release();
    expect(refusal(() => shares.take('a'))).toBeNull();
  });

  test('buckets are of a bounded number of names', () => {
    const buckets = new Buckets({ burst: 1, perSecond: 1 }, 100, clock);
    for (let name = 0; name < 1_000; name += 1) {
      buckets.take(String(name));
    }
    expect(buckets.size).toBe(100);
  });
});

describe('guesses', () => {
  const rate = { burst: 10, perSecond: 1 };

  test('run out by address, and come back', () => {
    const guesses = new Guesses(rate, 100, clock);
    const tries = () =>
      Array.from({ length: 12 }, () => refusal(() => guesses.begin('10.0.0.1', null)(true)));
    expect(tries().filter((one) => one === null)).toHaveLength(10);
    expect(refusal(() => guesses.begin('10.0.0.2', null))).toBeNull();
    now = 3_000;
    expect(tries().filter((one) => one === null)).toHaveLength(3);
  });

  test('of one key run out sooner, and lock out nobody who has it elsewhere', () => {
    const guesses = new Guesses(rate, 100, clock);
    const tries = [1, 2, 3, 4].map(() => refusal(() => guesses.begin('10.0.0.1', 'ab12cd34')));
    expect(tries).toEqual([null, null, '5', '5']);
    expect(refusal(() => guesses.begin('10.0.0.1', 'another1'))).toBeNull();
    expect(refusal(() => guesses.begin('10.0.0.2', 'ab12cd34'))).toBeNull();
  });

  test('from all addresses of one IPv6 network are those of one host', () => {
    const guesses = new Guesses(rate, 100, clock);
    const from = (address: string) => refusal(() => guesses.begin(address, null)(true));
    const tries = Array.from({ length: 12 }, (_, host) => from(`2001:db8:0:1::${host.toString(16)}`));
    expect(tries.filter((one) => one === null)).toHaveLength(10);
    expect(from('2001:db8:0:2::1')).toBeNull();
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['2001:DB8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:db8:1::192.0.2.1', '2001:db8:1:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s counts as %s', (address, block) => {
    expect(blockOf(address)).toBe(block);
  });

  test('that wait for somebody else’s answer hold up nobody, of a key they do', () => {
    const guesses = new Guesses(rate, 100, clock);
    for (let time = 0; time < 100; time += 1) {
      guesses.begin('10.0.0.1', null);
    }
    const tries = [1, 2, 3].map(() => refusal(() => guesses.begin('10.0.0.1', 'ab12cd34')));
    expect(tries).toEqual([null, null, '5']);
  });

  test('that were right do not count', () => {
    const guesses = new Guesses(rate, 100, clock);
    for (let time = 0; time < 100; time += 1) {
      guesses.begin('10.0.0.1', 'ab12cd34')(false);
    }
    expect(refusal(() => guesses.begin('10.0.0.1', 'ab12cd34'))).toBeNull();
  });
});
