import { asc, desc, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { decodeCursor, largestCursorValue } from '../../core/contract/cursor.ts';
import type { Issue } from '../../core/contract/issue.ts';
import type { Sort } from '../../core/contract/list.ts';
import { severities } from '../../core/domain/report.ts';
import { cursorProblem } from '../failure.ts';
import { issues } from '../schema/issues.ts';

/** What a list is sorted by, and the id. */
export function placeColumns(sort: Sort): SQL {
  switch (sort) {
    case 'detectedAt':
      return listed(issues.id, issues.detectedAt);
    case 'lastSeenAt':
      return listed(issues.id, issues.lastSeenAt);
    case 'severity':
      return listed(issues.id, issues.severityRank, issues.detectedAt);
    case 'dueAt':
      return listed(issues.id, issues.dueAt);
  }
}

/** All that an order or a cursor looks at, for a query whose rows are sorted later; it is then to be named `issues`. */
export const sortColumns: SQL = listed(
  issues.id,
  issues.detectedAt,
  issues.lastSeenAt,
  issues.seenSlot,
  issues.severityRank,
  issues.dueAt,
);

/** No due date sorts after every due date. */
const never = largestCursorValue;
const dueAt = sql`coalesce(${issues.dueAt}, 'infinity')`;

/** Newest, most recently seen, most severe or soonest due first; ties by newest, then by id. */
export function orderBy(sort: Sort): SQL {
  switch (sort) {
    case 'detectedAt':
      return listed(desc(issues.detectedAt), desc(issues.id));
    case 'lastSeenAt':
      return listed(desc(issues.lastSeenAt), desc(issues.id));
    case 'severity':
      return listed(desc(issues.severityRank), desc(issues.detectedAt), desc(issues.id));
    case 'dueAt':
      return listed(asc(dueAt), asc(issues.id));
  }
}

/** The same order, said so that an index gives the rows in it: for the last sighting by slots of ten minutes. */
export function walkBy(sort: Sort): SQL {
  return sort === 'lastSeenAt' ? listed(desc(issues.seenSlot), orderBy(sort)) : orderBy(sort);
}

function listed(...parts: readonly SQLWrapper[]): SQL {
  return sql.join([...parts], sql`, `);
}

/** An issue's values of what a list is sorted by, in milliseconds or ranks, as a cursor carries them. */
export function sortValues(sort: Sort, issue: Issue): readonly number[] {
  switch (sort) {
    case 'detectedAt':
      return [Date.parse(issue.detectedAt)];
    case 'lastSeenAt':
      return [Date.parse(issue.lastSeenAt)];
    case 'severity':
      return [1 + severities.indexOf(issue.severity), Date.parse(issue.detectedAt)];
    case 'dueAt':
      return [issue.dueAt === null ? never : Date.parse(issue.dueAt)];
  }
}

/**
 * The condition that a row fulfils when it comes after the cursor's place.
 *
 * @throws KiteError `invalid_request` when the cursor is not one of ours, or of another sort
 */
export function afterCursor(sort: Sort, cursor: string): SQL {
  const place = decodeCursor(cursor);
  if (place === null || place.sort !== sort) {
    throw cursorProblem();
  }
  const { id } = place;
  const [first = 0, second = 0] = place.values;
  const at = (value: number) => sql`${new Date(value).toISOString()}::timestamptz`;
  switch (sort) {
    case 'detectedAt':
      return sql`(${issues.detectedAt}, ${issues.id}) < (${at(first)}, ${id}::uuid)`;
    case 'lastSeenAt':
      return sql`${issues.seenSlot} <= date_bin('10 minutes', ${at(first)}, timestamptz '2000-01-01 00:00:00+00')
        and (${issues.lastSeenAt}, ${issues.id}) < (${at(first)}, ${id}::uuid)`;
    case 'severity':
      return sql`(${issues.severityRank}, ${issues.detectedAt}, ${issues.id}) < (${first}::smallint, ${at(second)}, ${id}::uuid)`;
    case 'dueAt':
      return sql`(${dueAt}, ${issues.id}) > (${first === never ? sql`'infinity'::timestamptz` : at(first)}, ${id}::uuid)`;
  }
}
