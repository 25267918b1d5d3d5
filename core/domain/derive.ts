import { orderKey } from './order.ts';
import { type Link, type Report, type Severity, type State, userSource } from './report.ts';

/** How many links that reports name an issue keeps. */
const linkLimit = 50;
/** Two successes without an id closer than this, in milliseconds, are one end of one run: a retry. */
const retryWindow = 60_000;
/** How many ends of runs close a MintMaker issue; the first is the end of the run that reported it. */
const closingEnds = 2;

/** What a person changed: each present field wins over every report. */
export interface Edit {
  readonly title?: string;
  readonly description?: string;
  readonly severity?: Severity;
  readonly labels?: Readonly<Record<string, string>>;
  readonly dueAt?: number | null;
}

/** All of an issue's row that follows from its history. Times are milliseconds since 1970. */
export interface DerivedIssue {
  readonly state: State;
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  readonly labels: Readonly<Record<string, string>>;
  readonly dueAt: number | null;
  readonly detectedAt: number;
  readonly resolvedAt: number | null;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly occurrences: number;
  readonly episodeOccurrences: number;
  readonly reopened: number;
  readonly links: readonly Link[];
}

/** A report in its place, with how far it goes towards closing the issue. */
interface Step {
  readonly report: Report;
  readonly key: Buffer;
  readonly weight: number;
}

/**
 * The meaning of an issue: what a set of distinct reports adds up to, whatever order they came in.
 *
 * This is the specification in its plainest form, over the whole history at once. The database keeps the
 * same row up to date report by report (`apply_reports`); tests hold the two equal.
 *
 * @param reports the distinct reports of the identity, in any order
 * @param ends for a MintMaker identity the reports on the pipeline whose runs it comes from; else null
 * @param edits what people changed, oldest first
 * @returns null when nothing has failed: then there is no issue
 */
export function deriveIssue(
  reports: readonly Report[],
  ends: readonly Report[] | null,
  edits: readonly Edit[] = [],
): DerivedIssue | null {
  const closing = ends === null ? 1 : closingEnds;
  const steps = arrange(reports, ends ?? [], closing);
  const failing = steps.filter((step) => step.report.outcome === 'failing');
  const newest = failing.at(-1);
  const told = failing.filter((step) => step.report.source !== userSource);
  const text = told.at(-1)?.report;
  if (newest === undefined || text === undefined || text.failure === null) {
    return null;
  }

  const episodes = splitEpisodes(steps, closing);
  const episode = episodes.at(-1) ?? [];
  const detectedAt = Math.min(...episode.map((report) => report.observedAt));
  const closer = closingStep(steps.slice(steps.indexOf(newest) + 1), closing);
  const edit: Edit = Object.assign({}, ...edits);
  return {
    state: closer === null ? 'ACTIVE' : 'RESOLVED',
    title: edit.title ?? text.failure.title,
    description: edit.description ?? text.failure.description,
    severity: edit.severity ?? text.failure.severity,
    labels: edit.labels ?? text.labels,
    dueAt: edit.dueAt === undefined ? text.failure.dueAt : edit.dueAt,
    detectedAt,
    resolvedAt:
      closer === null ? null : Math.max(closer.report.observedAt, newest.report.observedAt, detectedAt),
    firstSeenAt: Math.min(...told.map((step) => step.report.observedAt)),
    lastSeenAt: Math.max(...told.map((step) => step.report.observedAt)),
    occurrences: told.length,
    episodeOccurrences: episode.filter((report) => report.source !== userSource).length,
    reopened: episodes.length - 1,
    links: newestLinks(told.map((step) => step.report)),
  };
}

/**
 * The distinct reports of a stream of reports on one identity: of those with the same source and event id
 * the first is the report, whatever the others say.
 */
export function distinctReports(stream: Iterable<Report>): readonly Report[] {
  const first = new Map<string, Report>();
  for (const report of stream) {
    const key = `${report.source}\0${report.eventId}`;
    if (!first.has(key)) {
      first.set(key, report);
    }
  }
  return [...first.values()];
}

/**
 * The reports and the ends in their total order. An end counts as passing wherever it stands, so that on
 * a tie the failure wins; a success without an id less than a minute after the one before it is the same
 * end told twice and weighs nothing.
 */
function arrange(reports: readonly Report[], ends: readonly Report[], closing: number): readonly Step[] {
  const all = [
    ...reports.map((report) => ({ report, key: orderKey(report), end: false })),
    ...ends
      .filter((report) => report.source !== userSource)
      .map((report) => ({
        report,
        key: Buffer.concat([orderKey({ ...report, outcome: 'passing' }), Buffer.from('\0end')]),
        end: true,
      })),
  ].sort((a, b) => a.key.compare(b.key));
  let nameless: Report | null = null;
  return all.map(({ report, key, end }) => {
    if (!end) {
      return { report, key, weight: report.outcome === 'passing' ? closing : 0 };
    }
    let weight = 1;
    if (isNamelessSuccess(report)) {
      const retried = nameless !== null && Math.abs(report.observedAt - nameless.observedAt) < retryWindow;
      weight = retried ? 0 : 1;
      nameless = report;
    }
    return { report: { ...report, outcome: 'passing' }, key, weight };
  });
}

function isNamelessSuccess(report: Report): boolean {
  return report.anonymous && report.outcome === 'passing';
}

/** The maximal runs of failing reports that nothing closed in between. */
function splitEpisodes(steps: readonly Step[], closing: number): readonly (readonly Report[])[] {
  const episodes: Report[][] = [];
  let weight = closing;
  for (const step of steps) {
    if (step.report.outcome === 'passing') {
      weight += step.weight;
      continue;
    }
    const episode = episodes.at(-1);
    if (episode === undefined || weight >= closing) {
      episodes.push([step.report]);
    } else {
      episode.push(step.report);
    }
    weight = 0;
  }
  return episodes;
}

/** The step with which the passing reports after the newest failure close the issue, if they do. */
function closingStep(after: readonly Step[], closing: number): Step | null {
  let weight = 0;
  for (const step of after) {
    weight += step.weight;
    if (weight >= closing) {
      return step;
    }
  }
  return null;
}

/** One a URL, newest first by the newest report that names it, then in that report's own order. */
function newestLinks(reports: readonly Report[]): readonly Link[] {
  const links = new Map<string, Link>();
  for (const report of reports.toReversed()) {
    for (const link of report.failure?.links ?? []) {
      if (!links.has(link.url)) {
        links.set(link.url, link);
      }
    }
  }
  return [...links.values()].slice(0, linkLimit);
}
