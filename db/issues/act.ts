import type postgres from 'postgres';
import type { Issue } from '../../core/contract/issue.ts';
import { actionReport } from '../../core/domain/action.ts';
import type { Identity, State } from '../../core/domain/report.ts';
import { retrying } from '../failure.ts';
import { applyReportsWithin } from '../reports/apply.ts';
import { readIssue } from './get.ts';
import { type LockedIssue, lockIssue } from './lock.ts';

/** Who does something to an issue, when, and under which id: the same id again does nothing. */
export interface Action {
  readonly id: string;
  readonly now: number;
  readonly eventId: string;
  readonly actor: string | null;
  /** Judges, while the row is locked, whether the caller may touch this identity; throws if not. */
  readonly permit: (identity: Identity) => void;
}

/** Resolves or reopens: a report that sorts directly after all that is known. */
export function actOnIssue(sql: postgres.Sql, action: Action, state: State): Promise<Issue> {
  return retrying(() =>
    sql.begin(async (tx) => {
      const locked = await lockIssue(tx, action.id);
      action.permit(locked.identity);
      await recordAction(tx, locked, action, state);
      return readIssue(tx, action.id);
    }),
  );
}

/** A resolve or reopen as a part of the caller's transaction, which holds the row. */
export async function recordAction(
  tx: postgres.TransactionSql,
  locked: LockedIssue,
  action: Action,
  state: State,
): Promise<void> {
  const report = actionReport({
    identity: locked.identity,
    state,
    newest: locked.newestKey,
    now: action.now,
    eventId: action.eventId,
    actor: action.actor,
  });
  await applyReportsWithin(tx, [report], {
    now: action.now,
    horizon: 0,
    newId: () => action.id,
    whole: false,
  });
}
