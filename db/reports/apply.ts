import type postgres from 'postgres';
import type { Issue } from '../../core/contract/issue.ts';
import { isStale } from '../../core/domain/admission.ts';
import { identityKey } from '../../core/domain/identity.ts';
import { type Identity, type Report, userSource } from '../../core/domain/report.ts';
import { within } from '../deadline.ts';
import { isOutcomeUnknown, outcomeUnknown, retrying } from '../failure.ts';
import { type DocumentRow, toIssue } from '../issues/document.ts';
import { Batch, iso } from './batch.ts';

/** What a report did to its issue when it came. */
type Effect = 'opened' | 'updated' | 'reopened' | 'resolved' | 'recorded';

export interface Applied {
  readonly status: Effect | 'duplicate' | 'stale';
  /** For a duplicate, what the first of its kind did. */
  readonly effect: Effect;
  /** Null where nothing has failed yet, or the issue was deleted. */
  readonly issueId: string | null;
  /** The issue as it is now; null where there is none, or where it was not asked for. */
  readonly issue: Issue | null;
}

export interface ApplyOptions {
  /** When the reports were received, in milliseconds since 1970. */
  readonly now: number;
  /** Reports of older order times are stale, but for actions of people. */
  readonly horizon: number;
  /** The id of each issue that is opened. */
  readonly newId: () => string;
  /** Whether the answers carry the issues. */
  readonly whole: boolean;
  /** Whether the reports after the first count only if the first one does. */
  readonly together?: boolean;
  /** Whether the same reports may have been applied already, those without an id too. */
  readonly again?: boolean;
  /** Milliseconds after which it is given up. */
  readonly patience?: number;
}

const defaultPatience = 5_000;

/**
 * Makes reports part of the history and brings their issues up to date: all of them or none, in one
 * statement. Answers in the order of the reports.
 *
 * @throws KiteError `unavailable` when the database cannot answer and no report was applied;
 *   `outcome_unknown` when the connection was lost meanwhile: sending the same again is safe
 */
export async function applyReports(
  sql: postgres.Sql,
  reports: readonly Report[],
  options: ApplyOptions,
): Promise<readonly Applied[]> {
  try {
    return await retrying(() => applyReportsWithin(sql, reports, options));
  } catch (error) {
    if (!isOutcomeUnknown(error)) {
      throw error;
    }
    // Asking again tells: what was applied is a duplicate now, also of reports that came without an id.
    return await retrying(() => applyReportsWithin(sql, reports, { ...options, again: true })).catch(() => {
      throw outcomeUnknown(error);
    });
  }
}

/** The same as a part of the caller's transaction, which is to be tried again as a whole. */
export async function applyReportsWithin(
  sql: postgres.ISql,
  reports: readonly Report[],
  options: ApplyOptions,
): Promise<readonly Applied[]> {
  const batch = new Batch(options);
  const stale: Identity[] = [];
  for (const [n, report] of reports.entries()) {
    const judged = options.together === true ? (reports[0] ?? report) : report;
    if (report.source !== userSource && isStale(judged, options.horizon)) {
      stale.push(report.identity);
    } else {
      batch.add(n, report);
    }
  }
  const applied = batch.isEmpty ? new Map<number, Applied>() : await send(sql, batch, options);
  const present =
    stale.length > 0 ? await readPresent(sql, stale, options.whole) : new Map<string, Applied>();
  return reports.map((report, n) => {
    const answer = applied.get(n) ?? present.get(identityKey(report.identity));
    return answer ?? { status: 'stale', effect: 'recorded', issueId: null, issue: null };
  });
}

interface AnswerRow {
  readonly n: number;
  readonly status: Applied['status'];
  readonly effect: Effect;
  readonly issue_id: string | null;
  readonly issue: DocumentRow | null;
}

async function send(sql: postgres.ISql, batch: Batch, options: ApplyOptions): Promise<Map<number, Applied>> {
  const of = batch.toArguments();
  const answers = await within(
    sql<AnswerRow[]>`
      select n, status, effect, issue_id, issue
      from apply_reports(
        ${of.pipelines}::uuid[], ${of.others}::uuid[], ${of.rows}::text, ${of.numbers}::integer[], ${of.identities}::uuid[],
        ${of.ids}::uuid[], ${of.outcomes}::text[], ${of.keys}::bytea[], ${of.observedAts}::timestamptz[],
        ${of.subjectCreatedAts}::timestamptz[], ${of.filedAts}::timestamptz[], ${of.sources}::text[],
        ${of.eventIds}::text[], ${of.distinctKeys}::uuid[], ${of.repeatables}::boolean[], ${of.anonymouses}::boolean[],
        ${of.runNames}::text[], ${of.runUids}::text[], ${of.actors}::text[], ${of.leaders}::integer[],
        ${of.contents}::text::jsonb, ${iso(options.now)}, ${options.whole}
      )`,
    options.patience ?? defaultPatience,
  );
  return new Map(
    answers.map((answer) => [
      answer.n,
      {
        status: answer.status,
        effect: answer.effect,
        issueId: answer.issue_id,
        issue: answer.issue === null ? null : toIssue(answer.issue),
      },
    ]),
  );
}

/** The issues of identities whose reports are too old to change them. */
async function readPresent(
  sql: postgres.ISql,
  identities: readonly Identity[],
  whole: boolean,
): Promise<Map<string, Applied>> {
  const keys = [...new Set(identities.map(identityKey))];
  const rows = await sql<DocumentRow[]>`select * from issue_documents where identity in ${sql(keys)}`;
  return new Map(
    rows.map((row) => [
      row.identity,
      { status: 'stale', effect: 'recorded', issueId: row.id, issue: whole ? toIssue(row) : null },
    ]),
  );
}
