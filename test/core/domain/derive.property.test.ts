import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { deriveIssue, distinctReports } from '../../../core/domain/derive.ts';
import { endsOf } from '../../../core/domain/identity.ts';
import { orderKey, orderTime } from '../../../core/domain/order.ts';
import type { Identity, Report } from '../../../core/domain/report.ts';
import { cutInto, endOf, historyOf, reportOf } from '../../support/histories.ts';

// Many cases, on a machine that may be busy: the time says nothing, the cases do.
vi.setConfig({ testTimeout: 240_000 });

const base = Date.UTC(2026, 10, 1);
const identity: Identity = {
  cluster: 'c',
  namespace: 'ns',
  scope: { resourceType: 'pipelinerun', resourceName: 'p', resourceNamespace: 'ns' },
  issueType: 'pipeline',
};
const renovated: Identity = {
  ...identity,
  scope: { ...identity.scope, resourceType: 'mintmaker-error' },
  issueType: 'dependency',
};

/** A history; and the same reports shuffled, repeated and cut into batches. */
const retold = (report: fc.Arbitrary<Report>) =>
  historyOf(report, 16).chain((stream) => {
    const said = distinctReports(stream);
    return fc
      .tuple(
        fc.shuffledSubarray([...said], { minLength: said.length }),
        fc.array(fc.nat({ max: said.length - 1 }), { maxLength: 6 }),
      )
      .chain(([shuffled, again]) =>
        cutInto([...shuffled, ...again.flatMap((index) => said[index] ?? [])], 5).map((batches) => ({
          said,
          batches,
        })),
      );
  });

/** Applies batches one after the other, keeping of each what is new. */
function accumulate(batches: readonly (readonly Report[])[]): readonly Report[] {
  let kept: readonly Report[] = [];
  for (const batch of batches) {
    kept = distinctReports(kept.concat(batch));
  }
  return kept;
}

describe('an issue is a pure function of the set of its reports', () => {
  test('any permutation, repetition and split into batches gives the identical issue', async () => {
    await fc.assert(
      fc.property(retold(reportOf(identity, base)), ({ said, batches }) => {
        expect(deriveIssue(accumulate(batches), null)).toEqual(deriveIssue(said, null));
      }),
      { numRuns: 10_000 },
    );
  });

  test('also where the ends of runs on another identity decide', async () => {
    await fc.assert(
      fc.property(
        retold(reportOf(renovated, base)),
        retold(endOf(endsOf(renovated) ?? identity, base)),
        (own, ends) => {
          expect(deriveIssue(accumulate(own.batches), accumulate(ends.batches))).toEqual(
            deriveIssue(own.said, ends.said),
          );
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe('the order is total, and is what it is said to be', () => {
  const utf8 = (text: string) => Buffer.from(text, 'utf8');
  const bySaying = (a: Report, b: Report): number =>
    orderTime(a) - orderTime(b) ||
    a.observedAt - b.observedAt ||
    Number(a.outcome === 'failing') - Number(b.outcome === 'failing') ||
    utf8(a.eventId).compare(utf8(b.eventId)) ||
    utf8(a.source).compare(utf8(b.source));

  test('the bytes compare as order time, observedAt, failing after passing, event id, source', async () => {
    await fc.assert(
      fc.property(reportOf(identity, base), reportOf(identity, base), (a, b) => {
        expect(Math.sign(orderKey(a).compare(orderKey(b)))).toBe(Math.sign(bySaying(a, b)));
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('an issue, told plainly', () => {
  const report = (outcome: Report['outcome'], at: number, more: Partial<Report> = {}): Report => ({
    identity,
    outcome,
    observedAt: base + at,
    subjectCreatedAt: null,
    source: 'ci',
    eventId: `${outcome}-${at}`,
    anonymous: false,
    run: null,
    labels: {},
    failure:
      outcome === 'passing'
        ? null
        : { title: `at ${at}`, description: 'd', severity: 'major', links: [], dueAt: null },
    actor: null,
    ...more,
  });

  test('a failure after a resolution reopens it and says so', () => {
    const issue = deriveIssue([report('failing', 0), report('passing', 10), report('failing', 20)], null);
    expect(issue).toMatchObject({ state: 'ACTIVE', reopened: 1, occurrences: 2, episodeOccurrences: 1 });
    expect(issue?.detectedAt).toBe(base + 20);
  });

  test('an old run that fails late does not reopen what a newer run has passed', () => {
    const late = report('failing', 50, { subjectCreatedAt: base - 5 });
    const issue = deriveIssue([report('failing', 0), report('passing', 10), late], null);
    expect(issue).toMatchObject({ state: 'RESOLVED', occurrences: 2, reopened: 0 });
  });

  test('a tie fails safe', () => {
    expect(deriveIssue([report('passing', 10), report('failing', 10)], null)?.state).toBe('ACTIVE');
  });

  test('passes alone are no issue, and a failure older than a pass is born resolved', () => {
    expect(deriveIssue([report('passing', 10)], null)).toBeNull();
    expect(deriveIssue([report('passing', 10), report('failing', 5)], null)).toMatchObject({
      state: 'RESOLVED',
      resolvedAt: base + 10,
    });
  });

  test('it is never resolved before it was detected', () => {
    const passing = report('passing', 3, { subjectCreatedAt: base + 3 });
    const failing = report('failing', 9, { subjectCreatedAt: base + 1 });
    expect(deriveIssue([passing, failing], null)).toMatchObject({
      detectedAt: base + 9,
      resolvedAt: base + 9,
    });
  });
});
