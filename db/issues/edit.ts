import type postgres from 'postgres';
import { distinctKey, identityKey } from '../../core/domain/identity.ts';
import { orderKey } from '../../core/domain/order.ts';
import type { Link } from '../../core/domain/report.ts';
import { userSource } from '../../core/domain/report.ts';
import type { Action } from './act.ts';
import type { LockedIssue } from './lock.ts';

/**
 * Puts an edit on the timeline of an issue whose row the caller's transaction holds. It is later than every
 * edit before it, whatever the clocks say, so the newest edit is the one that was made last.
 *
 * @returns false when this event id has been recorded before: the edit is done already
 */
export async function recordEdit(
  tx: postgres.TransactionSql,
  locked: LockedIssue,
  action: Action,
  content: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const distinct = distinctKey('edit', identityKey(locked.identity), {
    source: userSource,
    eventId: action.eventId,
  });
  const [known] = await tx`
    select 1 as known from events
    where distinct_key = ${distinct}`;
  if (known !== undefined) {
    return false;
  }
  const moment = Math.max(action.now, (locked.editedAt ?? 0) + 1);
  const at = new Date(moment).toISOString();
  const key = orderKey({
    observedAt: moment,
    subjectCreatedAt: null,
    outcome: 'passing',
    eventId: action.eventId,
    source: `${userSource}/edit`,
  });
  await tx`
    insert into events (
      issue_key, filed_at, order_key, kind, source, event_id, distinct_key, anonymous, observed_at, received_at, effect, actor, content
    )
    values (
      ${locked.key}, ${at}, ${key}, 'edit', ${userSource}, ${action.eventId}, ${distinct}, false, ${at}, ${at}, 'edited',
      ${action.actor}, ${tx.json(content as postgres.JSONValue)}
    )`;
  await tx`
    update issues set edited_at = ${at}, updated_at = greatest(updated_at, ${at}::timestamptz)
    where key = ${locked.key}`;
  return true;
}

/** Adds links in a person's name, or renames those that the person added before. */
export async function savePersonLinks(
  tx: postgres.TransactionSql,
  locked: LockedIssue,
  links: readonly Link[],
  firstPosition: number,
): Promise<void> {
  for (const [index, link] of links.entries()) {
    await tx`
      insert into links (id, issue_key, url, person_title, person_position)
      values (
        link_id(${locked.id}::uuid, ${link.url}), ${locked.key}, ${link.url}, ${link.title}, ${firstPosition + index}
      )
      on conflict (issue_key, id) do update
      set person_title = excluded.person_title,
        person_position = coalesce(links.person_position, excluded.person_position)`;
  }
}
