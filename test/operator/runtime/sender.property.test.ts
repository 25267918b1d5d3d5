/** The parts of the sender that decide: how it finds a guilty report, and how long it waits. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Circuit, readRetryAfter } from '../../../operator/runtime/sender/circuit.ts';
import { Holds } from '../../../operator/runtime/sender/holds.ts';
import { judge } from '../../../operator/runtime/sender/verdict.ts';
import { Window } from '../../../operator/runtime/sender/window.ts';

describe('the window', () => {
  it('finds every guilty report, passes all others in order, and needs few requests for it', async () => {
    const histories = fc.record({
      total: fc.integer({ min: 1, max: 1500 }),
      guilty: fc.uniqueArray(fc.nat(1499), { maxLength: 6 }),
      most: fc.integer({ min: 1, max: 500 }),
    });
    await fc.assert(
      fc.property(histories, ({ total, guilty, most }) => {
        const window = new Window(most);
        const found: number[] = [];
        const passed: number[] = [];
        let rest = Array.from({ length: total }, (_, n) => n);
        let requests = 0;
        while (rest.length > 0) {
          const batch = rest.slice(0, window.size);
          requests += 1;
          expect(batch.length).toBeGreaterThan(0);
          const isRefused = batch.some((n) => guilty.includes(n));
          if (!isRefused) {
            window.passed(batch.length);
            passed.push(...batch);
            rest = rest.slice(batch.length);
          } else if (batch.length > 1) {
            window.refused(batch.length);
          } else {
            window.found();
            found.push(...batch);
            rest = rest.slice(1);
          }
        }
        const inside = guilty.filter((n) => n < total).sort((a, b) => a - b);
        expect(found).toEqual(inside);
        expect(passed).toEqual(Array.from({ length: total }, (_, n) => n).filter((n) => !inside.includes(n)));
        const search = 2 * Math.ceil(Math.log2(most + 1)) + 2;
        expect(requests).toBeLessThanOrEqual(Math.ceil(total / most) + inside.length * (search + 1));
      }),
    );
  });
});

describe('the circuit', () => {
  it('never waits longer than the longest pause, nor shorter than it was asked to', async () => {
    const failures = fc.array(
      fc.record({
        random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        asked: fc.option(fc.nat(120_000)),
      }),
      { minLength: 1, maxLength: 60 },
    );
    await fc.assert(
      fc.property(failures, (all) => {
        let random = 0;
        const circuit = new Circuit({ firstPauseMs: 500, longestPauseMs: 60_000, random: () => random });
        all.forEach(({ random: drawn, asked }, place) => {
          random = drawn;
          circuit.try();
          const pause = circuit.failed(1_000, asked ?? undefined);
          expect(circuit.pause(1_000)).toBeCloseTo(pause);
          expect(pause).toBeLessThanOrEqual(Math.max(60_000, (asked ?? 0) + 500));
          expect(pause).toBeGreaterThanOrEqual(asked ?? 0);
          expect(circuit.state).toBe(place < 4 ? 'closed' : 'open');
          if (place >= 4) expect(pause).toBeGreaterThanOrEqual(6_000);
        });
        circuit.try();
        expect(circuit.state).toBe(all.length < 5 ? 'closed' : 'half-open');
        circuit.succeeded();
        expect([circuit.state, circuit.failures, circuit.pause(1_000)]).toEqual(['closed', 0, 0]);
      }),
    );
  });

  it('reads Retry-After as seconds or as a date, and nothing else', () => {
    const now = Date.parse('2026-05-12T08:00:00Z');
    expect(readRetryAfter('7', now)).toBe(7_000);
    expect(readRetryAfter('Tue, 12 May 2026 08:00:30 GMT', now)).toBe(30_000);
    expect(readRetryAfter('Tue, 12 May 2026 07:00:00 GMT', now)).toBe(0);
    expect(readRetryAfter('999999999', now)).toBe(3_600_000);
    for (const none of [undefined, '', 'soon', '-1', '1.5'])
      expect(readRetryAfter(none, now)).toBeUndefined();
  });
});

describe('holds', () => {
  it('lets one report of a held subject go when its time has come, and none before', () => {
    const holds = new Holds({ firstPauseMs: 100, longestPauseMs: 1_000, random: () => 0 });
    holds.hold('a', 0, false);
    holds.hold('b', 0, true);
    const passedOver = (now: number) => ['a', 'a', 'b', 'c', 'c'].filter(holds.filter(now)).join('');
    expect(passedOver(0)).toBe('aab');
    expect(holds.pause(0)).toBe(100);
    expect(passedOver(100)).toBe('ab');
    expect(holds.alone(99)).toBeUndefined();
    expect(holds.alone(100)).toBe('b');
    holds.settle('a');
    holds.settle('b');
    expect(passedOver(0)).toBe('');
    expect(holds.pause(0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the verdict', () => {
  it('is one for any answer whatever', async () => {
    const replies = fc.record({
      status: fc.integer({ min: 100, max: 599 }),
      retryAfter: fc.option(fc.string(), { nil: undefined }),
      location: fc.option(fc.string(), { nil: undefined }),
      body: fc.oneof(fc.string(), fc.json(), fc.constant('{"results":[{"index":0,"status":"rejected"}]}')),
    });
    await fc.assert(
      fc.property(replies, (reply) => {
        const verdict = judge(reply, 1, 'https://kite.test', 0);
        if (verdict.kind === 'answered') {
          expect(reply.status >= 200 && reply.status < 300).toBe(true);
          expect(verdict.fates).toHaveLength(1);
        }
        if (verdict.kind === 'unfit') expect([400, 413, 422]).toContain(reply.status);
      }),
    );
  });
});
