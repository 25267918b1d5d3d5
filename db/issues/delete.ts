import type postgres from 'postgres';
import type { Identity } from '../../core/domain/report.ts';
import { retrying } from '../failure.ts';
import { lockIssue } from './lock.ts';

export interface Deletion {
  readonly id: string;
  readonly now: number;
  /** Judges, while the row is locked, whether the caller may touch this identity; throws if not. */
  readonly permit: (identity: Identity) => void;
}

/**
 * Deletes an issue with its links, relations and history. Its identity stays behind as a tombstone: a
 * report that is not newer than what was known is stale; a newer failure opens an issue with a new id.
 *
 * @throws KiteError `not_found`, and what `deletion.permit` throws
 */
export function deleteIssue(sql: postgres.Sql, deletion: Deletion): Promise<void> {
  return retrying(() =>
    sql.begin(async (tx) => {
      const { key, identity } = await lockIssue(tx, deletion.id);
      deletion.permit(identity);
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
