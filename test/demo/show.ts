import { styleText } from 'node:util';
import type { Issue, IssueEvent } from '../../core/contract/issue.ts';
import type { Summary } from '../../core/contract/list.ts';
import { severities } from '../../core/domain/report.ts';
import { scopeOf } from './expected.ts';
import { type Column, printable, span, tableLines } from './table.ts';

export interface Screen {
  readonly out: (line: string) => void;
  /** Columns of the terminal. */
  readonly width: number;
  readonly colour: boolean;
}

/** Narrower than this, a title goes below its row. */
const roomForTitles = 100;

/** The issues of a namespace: active before resolved, the most severe first, each with its first link whole. */
export function showIssues(screen: Screen, namespace: string, issues: readonly Issue[], now: number): void {
  const sorted = issues.toSorted(
    (a, b) =>
      a.state.localeCompare(b.state) ||
      severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
      b.detectedAt.localeCompare(a.detectedAt),
  );
  const wide = screen.width >= roomForTitles;
  const columns: readonly Column<Issue>[] = [
    { title: 'STATE', text: (issue) => issue.state },
    { title: 'SEVERITY', text: (issue) => issue.severity },
    { title: 'TYPE', text: (issue) => issue.issueType },
    { title: 'SCOPE', text: scopeOf, least: 16, keep: 'ends' },
    ...(wide ? [{ title: 'TITLE', text: (issue: Issue) => issue.title, least: 16 }] : []),
    { title: 'SEEN', text: (issue) => `${issue.occurrences}`, align: 'right' },
    { title: 'REOPENED', text: (issue) => `${issue.reopened}`, align: 'right' },
    { title: 'AGE', text: (issue) => span(now - Date.parse(issue.detectedAt)), align: 'right' },
  ];
  const { head, body } = tableLines(columns, sorted, screen.width);
  const active = issues.filter((issue) => issue.state === 'ACTIVE').length;
  screen.out('');
  screen.out(paint(screen, 'bold', `${namespace}: ${issues.length} issues, ${active} active`));
  screen.out(paint(screen, 'dim', head));
  for (const [index, issue] of sorted.entries()) {
    screen.out(paint(screen, colourOf(issue), body[index] ?? ''));
    for (const text of [...(wide ? [] : [issue.title]), ...issue.links.slice(0, 1).map(({ url }) => url)]) {
      screen.out(paint(screen, 'dim', `  ${printable(text)}`));
    }
  }
}

/** Everything that an issue's row sums up, in the order that decides: by creation, then by observation. */
export function showTimeline(screen: Screen, issue: Issue, events: readonly IssueEvent[]): void {
  const inOrder = events.toSorted(
    (a, b) =>
      Date.parse(a.subjectCreatedAt ?? a.observedAt) - Date.parse(b.subjectCreatedAt ?? b.observedAt) ||
      Date.parse(a.observedAt) - Date.parse(b.observedAt),
  );
  const columns: readonly Column<IssueEvent>[] = [
    { title: 'CREATED', text: (event) => clock(event.subjectCreatedAt) },
    { title: 'OBSERVED', text: (event) => clock(event.observedAt) },
    { title: 'KIND', text: (event) => event.kind },
    { title: 'OUTCOME', text: (event) => event.outcome ?? '' },
    { title: 'ON ARRIVAL', text: (event) => event.effect },
    { title: 'SOURCE', text: (event) => event.source },
    { title: 'RUN', text: (event) => event.run?.name ?? '', least: 12, keep: 'ends' },
    { title: 'TITLE', text: titleOf, least: 12 },
  ];
  const { head, body } = tableLines(columns, inOrder, screen.width);
  screen.out('');
  screen.out(paint(screen, 'bold', `Timeline of ${scopeOf(issue)} in ${issue.namespace}`));
  screen.out(paint(screen, 'dim', head));
  for (const line of body) {
    screen.out(line);
  }
}

export function showSummary(screen: Screen, { total, active, byState }: Summary): void {
  screen.out('');
  screen.out(paint(screen, 'bold', `Summary: ${total} issues`));
  screen.out(`  by state            ${counted(byState)}`);
  screen.out(`  active by type      ${counted(active.byType)}`);
  screen.out(`  active by severity  ${counted(active.bySeverity)}`);
  screen.out(`  active by lifecycle ${counted(active.byLifecycle)}`);
}

/** `opened 3, updated 1`, the empty ones left out. */
export function counted(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0 ? 'none' : parts.map(([name, count]) => `${name || 'other'} ${count}`).join(', ');
}

function titleOf(event: IssueEvent): string {
  const title = event.content?.title;
  return typeof title === 'string' ? title : '';
}

function clock(time: string | null): string {
  return time === null ? '' : time.slice(0, 16).replace('T', ' ');
}

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

function colourOf(issue: Issue): Style | null {
  if (issue.state === 'RESOLVED') {
    return 'green';
  }
  const colours = { critical: 'red', major: 'yellow', minor: null, info: null } as const;
  return colours[issue.severity];
}

function paint(screen: Screen, style: Style | null, text: string): string {
  return screen.colour && style !== null ? styleText(style, text) : text;
}
