import type postgres from 'postgres';
import { type Acting, recordAct } from '../audit/record.ts';
import { retrying } from '../failure.ts';
import { actOn } from './act.ts';
import { lockIssue } from './lock.ts';

export interface Deletion extends Acting {
  readonly id: string;
  readonly now: number;
}

/**
 * Deletes an issue with its links, relations and history. Its identity stays behind as a tombstone: a
 * report that is not newer than what was known is stale; a newer failure opens an issue with a new id. The audit goes on
 * to tell who deleted it.
 *
 * @throws KiteError `not_found`
 */
export function deleteIssue(sql: postgres.Sql, deletion: Deletion): Promise<void> {
  return retrying(() =>
    sql.begin(async (tx) => {
      const locked = await lockIssue(tx, deletion.id);
      const { key } = locked;
      await recordAct(tx, actOn(locked, deletion, 'issues.delete'));
      await tx`delete from relations where source_key = ${key} or target_key = ${key}`;
      await tx`delete from links where issue_key = ${key}`;
      await tx`delete from events where issue_key = ${key}`;
      await tx`
        update issues
        set id = null, state = null, title = null, description = null, severity = null, labels = '{}', due_at = null,
          detected_at = null, resolved_at = null, first_seen_at = null, last_seen_at = null,
          occurrences = 0, episode_occurrences = 0, episodes = 0, edited = '{}', gap = null,
          failing_observed_at = null, text_key = null, newest_key = null, episode_key = null, floor_key = newest_key, link_writes = 0,
          updated_at = greatest(updated_at, ${new Date(deletion.now).toISOString()}::timestamptz)
        where key = ${key}`;
    }),
  );
}
