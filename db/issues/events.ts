import type { IssueEvent } from '../../core/contract/issue.ts';
import type { Database } from '../client.ts';
import { cursorProblem, retrying } from '../failure.ts';
import { time, timeOrNull } from './document.ts';

export interface EventPage {
  readonly limit: number;
  readonly cursor: string | null;
}

interface EventRow extends Pick<IssueEvent, 'kind' | 'outcome' | 'effect' | 'source' | 'actor' | 'content'> {
  readonly event_id: string;
  readonly observed_at: Date;
  readonly subject_created_at: Date | null;
  readonly received_at: Date;
  readonly run_name: string | null;
  readonly run_uid: string | null;
  readonly order_key: Buffer;
}

/** Greater than every order key: these begin with a time in eight bytes. */
const afterAll = Buffer.from([0xff]);

/**
 * A page of an issue's timeline, newest in the order of reports first; edits stand where they were made.
 *
 * @param key of the issue's row
 * @throws KiteError `invalid_request` for a cursor that is not one
 */
export function listEvents(
  database: Database,
  key: string,
  page: EventPage,
): Promise<{ readonly data: IssueEvent[]; readonly nextCursor: string | null }> {
  const before = page.cursor === null ? afterAll : decodeCursor(page.cursor);
  return retrying(async () => {
    const rows = await database.sql<EventRow[]>`
      select kind, outcome, effect, source, event_id, observed_at, subject_created_at, received_at, actor, run_name, run_uid,
        content, order_key
      from events
      where issue_key = ${key} and order_key < ${before}
      order by order_key desc
      limit ${page.limit + 1}`;
    const shown = rows.slice(0, page.limit);
    const last = shown.at(-1);
    return {
      data: shown.map(toEvent),
      nextCursor:
        rows.length > page.limit && last !== undefined ? last.order_key.toString('base64url') : null,
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

function toEvent(row: EventRow): IssueEvent {
  return {
    kind: row.kind,
    outcome: row.outcome,
    effect: row.effect,
    source: row.source,
    eventId: row.event_id,
    observedAt: time(row.observed_at),
    subjectCreatedAt: timeOrNull(row.subject_created_at),
    receivedAt: time(row.received_at),
    actor: row.actor,
    run: row.run_name === null && row.run_uid === null ? null : { name: row.run_name, uid: row.run_uid },
    content: row.content,
  };
}
