import * as fc from 'fast-check';
import type { Identity, Report } from '../../core/domain/report.ts';

const minute = 60_000;

/** A moment out of few, so that ties and every order of neighbours are common. */
function moments(base: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max: 5 }).map((step) => base + step),
    fc.integer({ min: 0, max: 12 }).map((step) => base + step * 25_000),
    fc.integer({ min: 0, max: 40 }).map((step) => base + step * minute),
  );
}

const links = fc.uniqueArray(
  fc.record({
    title: fc.constantFrom('log', 'commit'),
    url: fc.integer({ min: 1, max: 70 }).map((n) => `https://ci.example/${n}`),
  }),
  { maxLength: 4, selector: (link) => link.url },
);

/** A report on an identity, as any reporter might send it. */
export function reportOf(identity: Identity, base: number): fc.Arbitrary<Report> {
  return fc
    .record({
      outcome: fc.constantFrom('failing' as const, 'failing' as const, 'passing' as const),
      observedAt: moments(base),
      created: fc.option(moments(base), { nil: null }),
      source: fc.constantFrom('ci', 'operator', 'é-ci'),
      eventId: fc.oneof(
        fc.integer({ min: 1, max: 400 }).map((n) => `run-${n}`),
        fc.constantFrom('a', 'ab', 'b', 'B', '\u{10000}', '\uffee'),
      ),
      anonymous: fc.boolean(),
      severity: fc.constantFrom('info' as const, 'minor' as const, 'major' as const, 'critical' as const),
      nonce: fc.uuid(),
      word: fc.integer({ min: 1, max: 9 }),
      links,
      dueAt: fc.option(moments(base), { nil: null }),
    })
    .map(
      ({
        outcome,
        observedAt,
        created,
        source,
        eventId,
        anonymous,
        nonce,
        severity,
        word,
        links,
        dueAt,
      }) => ({
        identity,
        outcome,
        observedAt,
        subjectCreatedAt: created === null ? null : Math.min(created, observedAt),
        source,
        // An id made for a report that came without one is never seen again.
        eventId: anonymous ? `${eventId}-${nonce}` : eventId,
        anonymous,
        run: { name: `run-${word}`, uid: null },
        labels: { round: String(word) },
        failure:
          outcome === 'passing'
            ? null
            : { title: `Failure ${word}`, description: `What happened: ${word}`, severity, links, dueAt },
        actor: null,
      }),
    );
}

/** A report on a pipeline: most often a success without an id, seconds or minutes after the one before. */
export function endOf(identity: Identity, base: number): fc.Arbitrary<Report> {
  return fc
    .tuple(reportOf(identity, base), fc.nat({ max: 9 }), fc.integer({ min: 0, max: 24 }), fc.uuid())
    .map(([report, kind, step, nonce]) =>
      kind < 3
        ? report
        : {
            ...report,
            outcome: 'passing' as const,
            failure: null,
            anonymous: kind < 9,
            eventId: kind < 9 ? `${report.eventId}-${nonce}` : report.eventId,
            observedAt: base + step * 20_000,
            subjectCreatedAt: null,
          },
    );
}

/** A history with repetitions of what was said before, word for word or in other words. */
export function historyOf(report: fc.Arbitrary<Report>, most: number): fc.Arbitrary<readonly Report[]> {
  return fc
    .array(report, { minLength: 1, maxLength: most })
    .chain((reports) =>
      fc
        .array(fc.nat({ max: reports.length - 1 }), { maxLength: 4 })
        .map((again) => [
          ...reports,
          ...again.flatMap((index) => reports[index] ?? []).filter((report) => !report.anonymous),
        ]),
    );
}

/** A stream cut into batches of at most `most`. */
export function cutInto<T>(stream: readonly T[], most: number): fc.Arbitrary<readonly (readonly T[])[]> {
  return fc
    .array(fc.integer({ min: 1, max: most }), { minLength: stream.length, maxLength: stream.length })
    .map((sizes) => {
      const batches: T[][] = [];
      for (let at = 0, n = 0; at < stream.length; n += 1) {
        const size = sizes[n] ?? 1;
        batches.push(stream.slice(at, at + size));
        at += size;
      }
      return batches;
    });
}
