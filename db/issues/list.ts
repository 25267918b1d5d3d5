import { and, count, sql } from 'drizzle-orm';
import { encodeCursor } from '../../core/contract/cursor.ts';
import type { IssuePage, Sort } from '../../core/contract/list.ts';
import { severities } from '../../core/domain/report.ts';
import type { Database } from '../client.ts';
import { retrying } from '../failure.ts';
import { issues } from '../schema/issues.ts';
import { type DocumentRow, toIssue } from './document.ts';
import { type Filter, filterCondition } from './filter.ts';
import { afterCursor, orderBy, type Place, sortValues } from './order.ts';

export interface Page {
  readonly sort: Sort;
  readonly limit: number;
  readonly offset: number;
  readonly cursor: string | null;
}

/** A search counts no further than this; beyond it the total is a lower bound. */
const searchTotal = 1000;

/**
 * A page of issues, in two statements: the page with links and relations, and the total.
 *
 * @throws KiteError `invalid_request` for a cursor that is not one
 */
export async function listIssues(database: Database, filter: Filter, page: Page): Promise<IssuePage> {
  const after = page.cursor === null ? undefined : afterCursor(page.sort, page.cursor);
  const condition = filterCondition(filter);
  return retrying(async () => {
    const order = sql.join(orderBy(page.sort), sql`, `);
    const [rows, total] = await Promise.all([
      database.orm.execute<DocumentRow & Record<string, unknown>>(sql`
        select issues.*
        from (
          select ${issues.key} from ${issues} where ${and(condition, after)}
          order by ${order} limit ${page.limit + 1} offset ${page.offset}
        ) as page
        join issue_documents as issues on issues.key = page.key
        order by ${order}`),
      countIssues(database, filter),
    ]);
    const shown = rows.slice(0, page.limit);
    const last = shown.at(-1);
    return {
      data: shown.map(toIssue),
      ...total,
      limit: page.limit,
      offset: page.offset,
      nextCursor:
        rows.length > page.limit && last !== undefined
          ? encodeCursor({ sort: page.sort, values: sortValues(page.sort, placeOf(last)), id: last.id })
          : null,
    };
  });
}

function placeOf(row: DocumentRow): Place {
  return {
    id: row.id,
    severityRank: severities.indexOf(row.severity) + 1,
    detectedAt: new Date(row.detected_at),
    lastSeenAt: new Date(row.last_seen_at),
    dueAt: row.due_at === null ? null : new Date(row.due_at),
  };
}

async function countIssues(
  database: Database,
  filter: Filter,
): Promise<Pick<IssuePage, 'total' | 'totalIsLowerBound'>> {
  const condition = filterCondition(filter);
  if (filter.search === undefined) {
    const [row] = await database.orm.select({ total: count() }).from(issues).where(condition);
    return { total: row?.total ?? 0 };
  }
  const found = database.orm
    .select({ key: issues.key })
    .from(issues)
    .where(condition)
    .limit(searchTotal + 1)
    .as('found');
  const [row] = await database.orm.select({ total: count() }).from(found);
  const total = row?.total ?? 0;
  return total > searchTotal ? { total: searchTotal, totalIsLowerBound: true } : { total };
}
