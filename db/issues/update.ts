import type postgres from 'postgres';
import type { Issue } from '../../core/contract/issue.ts';
import type { Edit } from '../../core/domain/derive.ts';
import { type Link, normaliseLabels, type State } from '../../core/domain/report.ts';
import { recordAct } from '../audit/record.ts';
import { retrying } from '../failure.ts';
import { type Action, actOn, recordAction } from './act.ts';
import { recordEdit, savePersonLinks } from './edit.ts';
import { readIssue } from './get.ts';
import { type LockedIssue, lockIssue } from './lock.ts';

export interface Change {
  readonly fields: Edit;
  /** Replaces the links that people added; those that reports name stay. */
  readonly links?: readonly Link[];
  readonly state?: State;
}

/**
 * Edits an issue: each field that is given wins over every report from now on. A state resolves or
 * reopens. All of it or nothing, and nothing when the event id is known.
 *
 * @throws KiteError `not_found`
 */
export function updateIssue(sql: postgres.Sql, action: Action, change: Change): Promise<Issue> {
  return retrying(() =>
    sql.begin(async (tx) => {
      const locked = await lockIssue(tx, action.id);
      const { dueAt } = change.fields;
      const edits = {
        ...change.fields,
        ...(typeof dueAt === 'number' ? { dueAt: new Date(dueAt).toISOString() } : {}),
        ...(change.links === undefined ? {} : { links: change.links }),
      };
      const fields = Object.keys(edits);
      const isEdited = fields.length > 0 && (await recordEdit(tx, locked, action, edits));
      if (isEdited) {
        await saveFields(tx, locked, change.fields);
        if (change.links !== undefined) {
          await replacePersonLinks(tx, locked, change.links);
        }
      }
      const { state } = change;
      const isActedOn = state !== undefined && (await recordAction(tx, locked, action, state));
      if (isEdited || isActedOn) {
        const done = { ...(isEdited ? { fields } : {}), ...(isActedOn ? { state } : {}) };
        await recordAct(tx, actOn(locked, action, 'issues.update', done));
      }
      return readIssue(tx, action.id);
    }),
  );
}

async function saveFields(tx: postgres.TransactionSql, locked: LockedIssue, fields: Edit): Promise<void> {
  const labels =
    fields.labels === undefined ? null : tx.json(normaliseLabels(locked.identity.scope, fields.labels));
  const dueAt = typeof fields.dueAt === 'number' ? new Date(fields.dueAt).toISOString() : null;
  const names = Object.keys(fields);
  await tx`
    update issues
    set title = coalesce(${fields.title ?? null}, title),
      description = coalesce(${fields.description ?? null}, description),
      severity = coalesce(${fields.severity ?? null}, severity),
      labels = coalesce(${labels}, labels),
      due_at = case when ${fields.dueAt !== undefined} then ${dueAt}::timestamptz else due_at end,
      edited = (select coalesce(array_agg(distinct field), '{}') from unnest(edited || string_to_array(${names.join(',')}, ',')) as field)
    where key = ${locked.key}`;
}

async function replacePersonLinks(
  tx: postgres.TransactionSql,
  locked: LockedIssue,
  links: readonly Link[],
): Promise<void> {
  await tx`delete from links where issue_key = ${locked.key} and reported_key is null`;
  await tx`
    update links set person_title = null, person_position = null
    where issue_key = ${locked.key} and person_title is not null`;
  await savePersonLinks(tx, locked, links, 0);
}
