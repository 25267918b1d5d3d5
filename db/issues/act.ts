import type postgres from 'postgres';
import type { Issue } from '../../core/contract/issue.ts';
import { actionReport } from '../../core/domain/action.ts';
import type { State } from '../../core/domain/report.ts';
import { type Act, type Acting, recordAct } from '../audit/record.ts';
import { retrying } from '../failure.ts';
import { applyReportsWithin } from '../reports/apply.ts';
import { readIssue } from './get.ts';
import { type LockedIssue, lockIssue } from './lock.ts';

/** Who does something to an issue, when, and under which id: the same id again does nothing. */
export interface Action extends Acting {
  readonly id: string;
  readonly now: number;
  readonly eventId: string;
}

/** Resolves or reopens: a report that sorts directly after all that is known. */
export function actOnIssue(sql: postgres.Sql, action: Action, state: State): Promise<Issue> {
  return retrying(() =>
    sql.begin(async (tx) => {
      const locked = await lockIssue(tx, action.id);
      if (await recordAction(tx, locked, action, state)) {
        await recordAct(tx, actOn(locked, action, state === 'ACTIVE' ? 'issues.reopen' : 'issues.resolve'));
      }
      return readIssue(tx, action.id);
    }),
  );
}

/** An act on one issue, as the audit has it. */
export function actOn(
  { id, identity }: LockedIssue,
  action: Acting & { readonly now: number },
  operation: string,
  details?: Act['details'],
): Act {
  return {
    at: action.now,
    actor: action.actor,
    requestId: action.requestId,
    operation,
    cluster: identity.cluster,
    namespace: identity.namespace,
    issueId: id,
    ...(details === undefined ? {} : { details }),
  };
}

/**
 * A resolve or reopen as a part of the caller's transaction, which holds the row.
 *
 * @returns false when this event id has been recorded before: it is done already
 */
export async function recordAction(
  tx: postgres.TransactionSql,
  locked: LockedIssue,
  action: Action,
  state: State,
): Promise<boolean> {
  const report = actionReport({
    identity: locked.identity,
    state,
    newest: locked.newestKey,
    now: action.now,
    eventId: action.eventId,
    actor: action.actor,
  });
  const [applied] = await applyReportsWithin(tx, [report], {
    now: action.now,
    horizon: 0,
    newId: () => action.id,
    whole: false,
  });
  return applied?.status !== 'duplicate';
}
