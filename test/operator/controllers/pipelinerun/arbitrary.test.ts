import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { needsTaskRuns, observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import { trimRun } from '../../../../operator/controllers/pipelinerun/run.ts';
import { asObject, received } from '../wire.ts';
import { aRun, aTaskRun, later, pushLabels, settings, step } from './objects.ts';

const fixtures = [
  'pipelineruns-mixed',
  'pipelineruns-timeouts',
  'pipelinerun-pac',
  'taskruns-validation',
].flatMap((name) =>
  z
    .array(z.unknown())
    .parse(
      JSON.parse(readFileSync(new URL(`../../../fixtures/captured/${name}.json`, import.meta.url), 'utf8')),
    ),
);

const whole = [
  ...fixtures,
  ...['Failed', 'PipelineRunTimeout', 'CouldntGetPipeline', 'Cancelled'].map((reason) =>
    aRun({ status: 'False', reason }),
  ),
  aRun({
    status: 'True',
    annotations: { 'test.appstudio.openshift.io/create-snapshot-status': '{"status":"failed"}' },
  }),
  aRun({ status: 'Unknown', reason: 'Running' }),
  aRun({ status: 'False', labels: { ...pushLabels, 'pipelines.appstudio.openshift.io/type': 'test' } }),
  aTaskRun({
    task: 'build',
    steps: [step('a', 0), step('b', 1)],
    results: [{ name: 'TEST_OUTPUT', value: '{"result":"FAILURE"}' }],
  }),
];

const time = fc.oneof(
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(later) }).map((date) => date.toISOString()),
  fc.constantFrom(
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59Z',
    '2026-13-01T00:00:00Z',
    '2026-05-12T06:40:11+14:00',
  ),
);
const word = fc.constantFrom(
  'True',
  'False',
  'Unknown',
  'Succeeded',
  'Failed',
  'Cancelled',
  'CouldntGetTask',
  'build',
  'test',
  'merged',
);
const hard = fc.constantFrom(
  '',
  ' ',
  '\0',
  '\u{d800}',
  '\u{10ffff}',
  'x'.repeat(70_000),
  '€'.repeat(600),
  '\u{1f600}'.repeat(300),
  '$&$1$`',
  '__proto__',
  'https://x/\u{dc00}',
);
/** What may stand in the place of anything. */
const anything = fc.oneof(
  { weight: 3, arbitrary: word },
  { weight: 3, arbitrary: time },
  { weight: 3, arbitrary: hard },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 2,
    arbitrary: fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom(undefined, null, true, -1, Number.NaN) },
);

function keyOf(value: unknown): string {
  return typeof value === 'string' ? value : 'odd';
}

/** The value with some of what is within it dropped, renamed, doubled or replaced by anything. */
function mutilated(value: unknown, choose: () => number, other: () => unknown): unknown {
  const choice = choose();
  if (choice === 0) {
    return other();
  }
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown) => {
      const fate = choose();
      const kept = mutilated(one, choose, other);
      return fate === 1 ? [] : fate === 2 ? [kept, other(), kept] : [kept];
    });
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => {
      const fate = choose();
      const kept = mutilated(one, choose, other);
      return fate === 1 ? [] : fate === 2 ? [[keyOf(other()), kept] as const] : [[key, kept] as const];
    }),
  );
}

const harmed = fc
  .record({
    base: fc.constantFrom(...whole),
    // From 0 to this number: the higher it is, the less is harmed.
    care: fc.constantFrom(6, 20, 60, 200),
    random: fc.infiniteStream(fc.nat()),
    others: fc.infiniteStream(anything),
  })
  .map(({ base, care, random, others }) =>
    mutilated(
      base,
      () => (random.next().value ?? 0) % care,
      () => others.next().value,
    ),
  );

const object = fc.oneof({ weight: 5, arbitrary: harmed }, { weight: 1, arbitrary: anything });
const around = fc.constantFrom(
  settings(),
  settings({ snapshotController: false, stuckAfter: '1s' }),
  settings({}, { clusterName: 'c', severityOverrides: [{ selector: 'a!=b,!c', severity: 'info' }] }),
);
const moment = fc.integer({ min: 0, max: later });

describe('observe', () => {
  it('never throws, always gives a reason, and says only what the server takes', async () => {
    let reported = 0;
    await fc.assert(
      fc.property(
        object,
        fc.array(object, { maxLength: 3 }),
        around,
        fc.boolean(),
        moment,
        (one, others, given, isDeleted, now) => {
          const subject = { object: asObject(one), isDeleted };
          const observation = observe(subject, others, given, now);
          expect(observation.reason.trim()).not.toBe('');
          expect(observation.again ?? 1).toBeGreaterThan(0);
          // Times of the cluster that lie ahead are sent, and judged by the server's clock.
          reported += received(observation, Date.parse('9999-12-31T23:59:59Z')).length;
          needsTaskRuns(subject, given, now);
        },
      ),
      { numRuns: 3000 },
    );
    expect(reported).toBeGreaterThan(500);
  });

  it('says the same of what was trimmed', () => {
    return fc.assert(
      fc.property(object, around, fc.boolean(), moment, (one, given, isDeleted, now) => {
        const trimmed = trimRun(asObject(one));
        expect(trimRun(trimmed)).toEqual(trimmed);
        const whole = observe({ object: asObject(one), isDeleted }, [], given, now);
        expect(observe({ object: trimmed, isDeleted }, [], given, now)).toEqual(whole);
        // What was read of it while it was trimmed is what is read of it.
        expect(observe({ object: structuredClone(trimmed), isDeleted }, [], given, now)).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });

  it('says the same to whoever looks, and whenever, but for what is stuck', () => {
    return fc.assert(
      fc.property(harmed, moment, moment, (one, early, late) => {
        const subject = { object: asObject(one), isDeleted: false };
        const [first, second] = [early, late].map((now) => observe(subject, [], settings(), now));
        if (!/going|stuck|deleted/.test(first?.reason ?? '')) {
          expect(first).toEqual(second);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
