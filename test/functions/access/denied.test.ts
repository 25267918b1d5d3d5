import { beforeEach, describe, expect, test } from 'vitest';
import { type Denial, logDenied } from '../../../functions/http/denied.ts';
import { type Log, lineLog } from '../../../functions/http/log.ts';

let now: number;
let lines: Record<string, unknown>[];
let log: Log;

beforeEach(() => {
  now = Date.parse('2026-05-01T12:00:00Z');
  lines = [];
  log = lineLog('warn', (line) => lines.push(JSON.parse(line)));
});

function deny(principal: string | null, times = 1): void {
  const denial: Denial = {
    ...{ operation: 'issues.list', requestId: 'r', source: '192.0.2.1', principal, right: 'read' },
    ...{ place: null, reason: 'no right to read' },
  };
  for (let time = 0; time < times; time += 1) {
    logDenied({ log, clock: () => now }, denial);
  }
}

describe('lines about attempts that were denied', () => {
  test('are bounded, come back, and say how many were left out', () => {
    deny('alpha/mallory', 150);
    expect(lines).toHaveLength(100);
    now += 1_000;
    deny('alpha/mallory', 30);
    expect(lines).toHaveLength(120);
    expect(lines[100]).toMatchObject({ unsaid: 50 });
    expect(lines[101]).not.toHaveProperty('unsaid');
  });

  test.each([
    ['by somebody whom nobody knows', null],
    ['by a known caller', 'alpha/mallory'],
  ])('in a flood %s hide nothing that another one tried', (_, loud) => {
    deny(loud, 500);
    deny('alpha/alice');
    deny(loud === null ? 'alpha/bob' : null);
    expect(lines.slice(-2).map(({ principal }) => principal)).toEqual([
      'alpha/alice',
      loud === null ? 'alpha/bob' : null,
    ]);
  });

  test('go on where the clock goes back', () => {
    deny('alpha/alice', 50);
    now -= 3_600_000;
    deny('alpha/alice', 50);
    expect(lines).toHaveLength(100);
  });
});
