import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DerivedIssue, deriveIssue, distinctReports } from '../../../core/domain/derive.ts';
import { endsOf } from '../../../core/domain/identity.ts';
import type { Identity, Link, Report } from '../../../core/domain/report.ts';
import { endOf, historyOf, reportOf } from '../../support/histories.ts';

const base = Date.UTC(2026, 10, 1);
const identity: Identity = {
  cluster: 'c',
  namespace: 'ns',
  scope: { resourceType: 'mintmaker-error', resourceName: 'p', resourceNamespace: 'ns' },
  issueType: 'dependency',
};

/** The order, as the rules say it: no bytes, no keys. */
function inOrder(a: Report, b: Report): number {
  const bytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));
  return (
    (a.subjectCreatedAt ?? a.observedAt) - (b.subjectCreatedAt ?? b.observedAt) ||
    a.observedAt - b.observedAt ||
    Number(a.outcome === 'failing') - Number(b.outcome === 'failing') ||
    bytes(a.eventId, b.eventId) ||
    bytes(a.source, b.source)
  );
}

/** The table of the rules, row by row, written a second time and in another way. */
function byTheTable(reports: readonly Report[]): DerivedIssue | null {
  const all = reports.toSorted(inOrder);
  const failing = all.filter((report) => report.outcome === 'failing');
  const newest = failing.at(-1);
  if (newest?.failure === undefined || newest.failure === null) {
    return null;
  }
  const begins = failing.filter((report) => all[all.indexOf(report) - 1]?.outcome !== 'failing');
  const lastBegin = begins.at(-1) ?? newest;
  const episode = failing.slice(failing.indexOf(lastBegin));
  const closing = all.slice(all.indexOf(newest) + 1).find((report) => report.outcome === 'passing');
  const detectedAt = Math.min(...episode.map((report) => report.observedAt));
  const links: Link[] = [];
  for (const report of failing.toReversed()) {
    links.push(...(report.failure?.links ?? []).filter((link) => links.every(({ url }) => url !== link.url)));
  }
  return {
    state: all.at(-1)?.outcome === 'failing' ? 'ACTIVE' : 'RESOLVED',
    title: newest.failure.title,
    description: newest.failure.description,
    severity: newest.failure.severity,
    labels: newest.labels,
    dueAt: newest.failure.dueAt,
    detectedAt,
    resolvedAt: closing === undefined ? null : Math.max(closing.observedAt, newest.observedAt, detectedAt),
    firstSeenAt: Math.min(...failing.map((report) => report.observedAt)),
    lastSeenAt: Math.max(...failing.map((report) => report.observedAt)),
    occurrences: failing.length,
    episodeOccurrences: episode.length,
    reopened: begins.length - 1,
    links: links.slice(0, 50),
  };
}

test('an issue is what the table of the rules says', () => {
  return fc.assert(
    fc.asyncProperty(historyOf(reportOf(identity, base), 20), async (stream) => {
      const said = distinctReports(stream);
      expect(deriveIssue(said, null)).toEqual(byTheTable(said));
    }),
    { numRuns: 10_000 },
  );
});

test('a MintMaker issue is resolved by two ends after its newest failure, successes of a minute being one', () => {
  return fc.assert(
    fc.asyncProperty(
      historyOf(reportOf(identity, base), 5),
      historyOf(endOf(endsOf(identity) ?? identity, base), 8),
      async (stream, endStream) => {
        const own = distinctReports(stream);
        const ends = distinctReports(endStream)
          .map((end) => ({ end, asPass: { ...end, outcome: 'passing' as const } }))
          .sort((a, b) => inOrder(a.asPass, b.asPass));
        const successes = ends.filter(({ end }) => end.anonymous && end.outcome === 'passing');
        const counted = ends.filter((each) => {
          const before = successes[successes.indexOf(each) - 1];
          return before === undefined || Math.abs(each.end.observedAt - before.end.observedAt) >= 60_000;
        });
        const newest = own
          .filter((report) => report.outcome === 'failing')
          .toSorted(inOrder)
          .at(-1);
        if (newest === undefined) {
          expect(
            deriveIssue(
              own,
              ends.map(({ end }) => end),
            ),
          ).toBeNull();
          return;
        }
        const after = counted.filter(({ asPass }) => inOrder(asPass, newest) > 0);
        const passed = own.some((report) => report.outcome === 'passing' && inOrder(report, newest) > 0);
        expect(
          deriveIssue(
            own,
            ends.map(({ end }) => end),
          )?.state,
        ).toBe(passed || after.length >= 2 ? 'RESOLVED' : 'ACTIVE');
      },
    ),
    { numRuns: 3_000 },
  );
});
