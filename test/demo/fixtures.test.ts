import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { readDemoInput, readExpected, shiftTimes } from './fixtures.ts';

describe('the fixtures', () => {
  it('are all readable, and say something of every issue that is expected', async () => {
    const newest = Date.parse('2026-11-01T12:00:00Z');
    const { calls, skipped } = await readDemoInput({ consoleUrl: 'https://console.example' }, newest);
    expect(skipped.map(({ reason }) => reason.replace(/ \(.*/, '')).sort()).toEqual([
      'is an integration test, which its Snapshot reports',
      'is an integration test, which its Snapshot reports',
      'is part of a release, which its Release reports',
      'is still going',
      'is still going',
      'was stopped by somebody',
    ]);
    const namespaces = new Set((await readExpected()).map(({ namespace }) => namespace));
    const times = calls.map(
      (call) =>
        z.object({ observedAt: z.string() }).parse(call.kind === 'report' ? call.report : call.body)
          .observedAt,
    );
    expect(namespaces).toEqual(
      new Set(calls.map((call) => (call.kind === 'report' ? call.namespace : call.body.namespace))),
    );
    expect(Math.max(...times.map((time) => Date.parse(time)))).toBeLessThanOrEqual(newest);
  });

  it('keep their differences when they are moved in time', () => {
    const moved = shiftTimes(
      { a: '2026-05-12T08:00:00Z', b: ['2026-05-12T08:10:00Z', 'at 2026-05-12T08:00:00Z', 7, null] },
      86_400_000,
    );
    expect(moved).toEqual({
      a: '2026-05-13T08:00:00.000Z',
      b: ['2026-05-13T08:10:00.000Z', 'at 2026-05-12T08:00:00Z', 7, null],
    });
  });
});
