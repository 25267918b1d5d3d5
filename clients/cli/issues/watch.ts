import { KiteApiError } from '../../../core/contract/client/failures.ts';
import type { KiteClient } from '../../../core/contract/client.ts';
import type { Issue } from '../../../core/contract/issue.ts';
import type { Work } from '../command.ts';
import { moment } from '../output/age.ts';
import { line } from '../output/plain.ts';
import { layout } from '../output/table.ts';
import { cut, pad } from '../output/width.ts';
import { issueColumns, scopeOf, shortId } from './columns.ts';
import { type FilterValues, type ListQuery, queryOf } from './filters.ts';
import { findIssues } from './pages.ts';
import { applyChanges, type Change } from './watched.ts';

const usualEvery = 5000;
/** Milliseconds; more often is a load and shows nothing more. */
const soonest = 500;
/** So many are kept and looked through; who has more narrows it down. */
const mostKept = 5000;
/** Milliseconds by which a change is asked for again, since it may have been written down a little later than it says. */
const overlap = 10_000;

/** Milliseconds between two looks at everything, which also find what was deleted, or no longer matches. */
const wholeEvery = 60_000;

interface Watched {
  readonly issues: Map<string, Issue>;
  /** When everything was looked at, in the time of here. */
  wholeAt: number;
  /** Up to when changes are known, in the server's time; null before the first one. */
  until: number | null;
  changes: readonly Change[];
  trouble: string | null;
}

export async function run(work: Work): Promise<void> {
  const { every = usualEvery, ...values }: FilterValues & { readonly every?: number } = work.options;
  const { query, isSeveral, where } = await queryOf(work, values);
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.on('SIGINT', end).on('SIGTERM', end);
  const watched: Watched = { issues: new Map(), wholeAt: 0, until: null, changes: [], trouble: null };
  const screen =
    work.io.isTerminal && work.io.env.TERM !== 'dumb' ? openScreen(work, watched, where, isSeveral) : null;
  try {
    while (!stop.signal.aborted && !work.io.isGone()) {
      await refresh(work, query, watched, stop.signal);
      if (screen !== null) await screen.draw();
      else await printChanges(work, watched);
      await work.io.surroundings.sleep(Math.max(soonest, every), stop.signal);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await screen?.close();
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

/** Asks for everything the first time, and then for what has changed since. What may pass is shown and tried again. */
async function refresh(work: Work, query: ListQuery, watched: Watched, signal: AbortSignal): Promise<void> {
  const client = await work.client();
  const isFirst = watched.until === null;
  const since = watched.until === null ? undefined : new Date(watched.until - overlap).toISOString();
  const narrowed = isFirst ? { ...query, state: ['ACTIVE' as const] } : { ...query, updatedSince: since };
  try {
    const found: Issue[] = [];
    for await (const page of findIssues(client, narrowed, mostKept, signal).pages) found.push(...page);
    watched.changes = applyChanges(watched.issues, found, isFirst);
    watched.trouble = null;
    watched.until = Math.max(
      watched.until ?? 0,
      isFirst ? 1 : 0,
      ...found.map(({ updatedAt }) => Date.parse(updatedAt)),
    );
    const now = work.io.surroundings.now();
    if (isFirst) watched.wholeAt = now;
    else if (now - watched.wholeAt > wholeEvery) {
      await forgetGone(client, query, watched, signal);
      watched.wholeAt = now;
    }
    // With nothing active there is no time of the server's to start from: that of here, with room for clocks that differ.
    if (isFirst && found.length === 0) watched.until = now - 3_600_000;
  } catch (error) {
    signal.throwIfAborted();
    if (isFirst || (error instanceof KiteApiError && error.status < 500 && error.status !== 429)) throw error;
    watched.trouble = work.explain(error);
  }
}

/** Takes out what is active no longer and told no change: it was deleted, or matches no longer. */
async function forgetGone(client: KiteClient, query: ListQuery, { issues }: Watched, signal: AbortSignal) {
  const there = new Set<string>();
  const active = findIssues(client, { ...query, state: ['ACTIVE'] }, mostKept, signal);
  for await (const page of active.pages) for (const { id } of page) there.add(id);
  if (there.size >= mostKept) return;
  for (const id of issues.keys()) if (!there.has(id)) issues.delete(id);
}

async function printChanges(work: Work, watched: Watched): Promise<void> {
  if (watched.trouble !== null) work.io.note(`${work.program}: ${watched.trouble}`);
  const { styles } = work.out;
  await work.out.text(
    ...watched.changes.map(({ what, issue }) =>
      [
        moment(issue.updatedAt),
        pad(what, 8),
        shortId(issue.id),
        styles.severity(issue.severity)(pad(line(issue.severity), 8)),
        scopeOf(issue),
        line(issue.title),
      ].join('  '),
    ),
  );
  watched.changes = [];
}

const alternate = '\u001b[?1049h\u001b[?25l';
const normal = '\u001b[?25h\u001b[?1049l';

/** A screen beside what stood on the terminal, which is there again when it is closed. */
function openScreen(work: Work, watched: Watched, where: string, isSeveral: boolean) {
  const { io, out } = work;
  const { styles } = out;
  const draw = async (): Promise<void> => {
    const now = io.surroundings.now();
    const { columns, rows } = io.size() ?? { columns: 80, rows: 24 };
    const issues = [...watched.issues.values()].sort((a, b) => b.detectedAt.localeCompare(a.detectedAt));
    const changed = new Set(watched.changes.map(({ issue }) => issue.id));
    const table = layout<Issue>(
      [
        { title: ' ', text: ({ id }) => (changed.has(id) ? '*' : ' '), style: () => styles.yellow },
        ...issueColumns(styles, now, { namespace: isSeveral, state: false }),
      ],
      issues,
      columns,
      styles.dim,
    );
    const room = Math.max(1, rows - 5);
    const state =
      watched.trouble === null
        ? styles.dim(cut(`${moment(new Date(now).toISOString()).slice(11)} UTC, Ctrl-C ends`, columns))
        : styles.red(cut(line(watched.trouble), columns));
    const hidden = issues.length - room;
    const shown = [
      `${styles.bold(line(where))}: ${issues.length} active`,
      state,
      ...(issues.length === 0 ? ['', 'Nothing fails.'] : [table.head]),
      ...issues.slice(0, room).map((issue) => table.line(issue)),
      ...(hidden > 0 ? [styles.dim(`… and ${hidden} more`)] : []),
    ];
    // Each line is cleared after its end, so that nothing flickers.
    await io.print(`\u001b[H${shown.map((one) => `${one}\u001b[K`).join('\r\n')}\u001b[J`);
  };
  const redraw = (): void => {
    void draw();
  };
  process.stdout.on('resize', redraw);
  process.on('exit', restore);
  let isOpen = false;
  function restore(): void {
    if (isOpen) process.stdout.write(normal);
    isOpen = false;
  }
  return {
    async draw() {
      if (!isOpen) {
        isOpen = true;
        await io.print(alternate);
      }
      await draw();
    },
    async close() {
      process.stdout.off('resize', redraw);
      process.off('exit', restore);
      if (isOpen) await io.print(normal);
      isOpen = false;
    },
  };
}
