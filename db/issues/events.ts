import { and, desc, eq, lt } from 'drizzle-orm';
import type { IssueEvent } from '../../core/contract/issue.ts';
import type { Database } from '../client.ts';
import { retrying } from '../failure.ts';
import { orm } from '../orm.ts';
import { events } from '../schema/events.ts';
import { issues } from '../schema/issues.ts';
import { time, timeOrNull } from './document.ts';
import { issueNotFound } from './lock.ts';
import { cursorProblem } from './order.ts';

export interface EventPage {
  readonly limit: number;
  readonly cursor: string | null;
}

/**
 * A page of an issue's timeline, newest in the order of reports first; edits stand where they were made.
 *
 * @throws KiteError `not_found`; `invalid_request` for a cursor that is not one
 */
export function listEvents(
  database: Database,
  id: string,
  page: EventPage,
): Promise<{ readonly namespace: string; readonly data: IssueEvent[]; readonly nextCursor: string | null }> {
  const before = page.cursor === null ? null : decodeCursor(page.cursor);
  return retrying(async () => {
    const [issue] = await orm(database)
      .select({ key: issues.key, namespace: issues.namespace })
      .from(issues)
      .where(eq(issues.id, id));
    if (issue === undefined) {
      throw issueNotFound();
    }
    const rows = await orm(database)
      .select()
      .from(events)
      .where(and(eq(events.issueKey, issue.key), before === null ? undefined : lt(events.orderKey, before)))
      .orderBy(desc(events.orderKey))
      .limit(page.limit + 1);
    const shown = rows.slice(0, page.limit);
    const last = shown.at(-1);
    return {
      namespace: issue.namespace,
      data: shown.map(toEvent),
      nextCursor: rows.length > page.limit && last !== undefined ? last.orderKey.toString('base64url') : null,
    };
  });
}

function decodeCursor(cursor: string): Buffer {
  const key = Buffer.from(cursor, 'base64url');
  if (key.length < 18) {
    throw cursorProblem();
  }
  return key;
}

function toEvent(row: typeof events.$inferSelect): IssueEvent {
  return {
    kind: row.kind,
    outcome: row.outcome,
    effect: row.effect,
    source: row.source,
    eventId: row.eventId,
    observedAt: time(row.observedAt),
    subjectCreatedAt: timeOrNull(row.subjectCreatedAt),
    receivedAt: time(row.receivedAt),
    actor: row.actor,
    run: row.runName === null && row.runUid === null ? null : { name: row.runName, uid: row.runUid },
    content: row.content,
  };
}
