import type { Issue, IssueEvent, RelatedIssue } from '../../../core/contract/issue.ts';
import { age, moment } from '../output/age.ts';
import { line, lines } from '../output/plain.ts';
import type { Styles } from '../output/style.ts';
import { layout } from '../output/table.ts';
import { cut, pad, wrap } from '../output/width.ts';
import { scopeOf, shortId } from './columns.ts';

const labelColumn = 13;
const indent = '  ';

interface Timeline {
  readonly events: readonly IssueEvent[];
  readonly isWhole: boolean;
}

/**
 * An issue as a person reads it.
 *
 * @param now milliseconds since 1970
 * @param columns how wide the terminal is; null where nothing is cut
 */
export function screen(
  issue: Issue,
  timeline: Timeline,
  now: number,
  columns: number | null,
  styles: Styles,
): readonly string[] {
  const width = columns ?? Number.POSITIVE_INFINITY;
  const field = (label: string, text: string): string[] =>
    text === '' ? [] : [`${styles.dim(pad(label, labelColumn))}${text}`];
  const ago = (time: string | null): string =>
    time === null ? '' : `${moment(time)} ${styles.dim(`(${age(time, now)} ago)`)}`;
  const labels = Object.entries(issue.labels)
    .sort()
    .map(([name, value]) => `${line(name)}=${line(value)}`);
  return [
    ...wrap(line(issue.title), width).map(styles.bold),
    [
      styles.severity(issue.severity)(line(issue.severity)),
      styles.state(issue.state)(line(issue.state)),
      line(issue.issueType),
      scopeOf(issue),
    ].join(styles.dim(' · ')),
    '',
    ...lines(issue.description).flatMap((text) =>
      wrap(text, width - indent.length).map((part) => `${indent}${part}`),
    ),
    '',
    ...field('Id', line(issue.id)),
    ...field('Namespace', `${line(issue.namespace)} ${styles.dim(`(cluster ${line(issue.cluster)})`)}`),
    ...(issue.scope.resourceNamespace === issue.namespace
      ? []
      : field('Scope in', line(issue.scope.resourceNamespace))),
    ...field('Application', line(issue.application)),
    ...field('Component', line(issue.component)),
    ...field('Detected', ago(issue.detectedAt)),
    ...field('Resolved', ago(issue.resolvedAt)),
    ...field('Last seen', ago(issue.lastSeenAt)),
    ...field('Seen', seen(issue)),
    ...field('Due', dueOf(issue, now, styles)),
    ...field('Labels', cut(labels.join(', '), Math.max(20, width - labelColumn))),
    ...section(
      'Links',
      styles,
      issue.links.flatMap((link) => linkLines(link, styles)),
    ),
    ...section(
      'Related',
      styles,
      relatedOf(issue).map((related) => relatedLine(related, width, styles)),
    ),
    ...section('Timeline', styles, timelineLines(timeline, columns, styles)),
  ];
}

function section(title: string, styles: Styles, content: readonly string[]): readonly string[] {
  return content.length === 0 ? [] : ['', styles.bold(title), ...content];
}

function seen(issue: Issue): string {
  const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
  const parts = [`${times(issue.occurrences)} since ${moment(issue.firstSeenAt)}`];
  if (issue.reopened > 0) parts.push(`reopened ${times(issue.reopened)}`);
  if (issue.episodeOccurrences === 0) parts.push('not since it was reopened');
  else if (issue.episodeOccurrences < issue.occurrences) {
    parts.push(`${times(issue.episodeOccurrences)} since it came back`);
  }
  return parts.join(', ');
}

function dueOf({ dueAt, state }: Issue, now: number, styles: Styles): string {
  if (dueAt === null) return '';
  const isLate = state === 'ACTIVE' && Date.parse(dueAt) < now;
  return isLate ? styles.red(`${moment(dueAt)} (overdue)`) : moment(dueAt);
}

function linkLines(link: Issue['links'][number], styles: Styles): readonly string[] {
  const url = line(link.url);
  const title = line(link.title);
  return [`${indent}${styles.link(title, url)}`, `${indent}${indent}${styles.dim(styles.link(url, url))}`];
}

function relatedOf(issue: Issue): readonly RelatedIssue[] {
  return [...issue.relatedFrom, ...issue.relatedTo].flatMap(({ source, target }) => source ?? target ?? []);
}

function relatedLine(related: RelatedIssue, width: number, styles: Styles): string {
  const start = `${shortId(related.id)}  ${pad(line(related.severity), 8)}  ${pad(line(related.state), 8)}  `;
  return `${indent}${start}${cut(line(related.title), Math.max(16, width - start.length - indent.length))}`.replace(
    line(related.severity),
    styles.severity(related.severity)(line(related.severity)),
  );
}

function timelineLines(
  { events, isWhole }: Timeline,
  columns: number | null,
  styles: Styles,
): readonly string[] {
  const byEffect: Readonly<Record<string, (text: string) => string>> = {
    opened: styles.red,
    reopened: styles.red,
    resolved: styles.green,
  };
  const table = layout<IssueEvent>(
    [
      { title: 'WHEN', text: ({ observedAt }) => moment(observedAt) },
      {
        title: 'WHAT',
        text: ({ effect }) => line(effect),
        style: ({ effect }) => byEffect[effect] ?? String,
      },
      { title: 'BY', text: byWhom, least: 10 },
      { title: 'RUN', text: ({ run }) => line(run?.name ?? run?.uid), least: 8, drop: 1 },
    ],
    events,
    columns === null ? null : columns - indent.length,
    styles.dim,
  );
  return [
    ...events.map((event) => `${indent}${table.line(event)}`),
    ...(isWhole ? [] : [styles.dim(`${indent}… older ones: --events 0 shows all`)]),
  ];
}

/** Who said it: a person or program where it is known, else the source. */
function byWhom({ actor, source, kind }: IssueEvent): string {
  const who = actor === null ? line(source) : line(actor);
  return kind === 'end' ? `${who} (end of a run)` : who;
}
