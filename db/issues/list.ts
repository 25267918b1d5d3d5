import { and, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { encodeCursor } from '../../core/contract/cursor.ts';
import type { IssuePage, Sort } from '../../core/contract/list.ts';
import { severities } from '../../core/domain/report.ts';
import type { Database } from '../client.ts';
import { retrying } from '../failure.ts';
import { orm, prepared } from '../orm.ts';
import { issues } from '../schema/issues.ts';
import { countIssues } from './count.ts';
import { type DocumentRow, documentColumnNames, toIssue } from './document.ts';
import { type Filter, filterCondition } from './filter.ts';
import { afterCursor, orderBy, type Place, sortValues, walkBy } from './order.ts';
import { searchParts, searchTotal } from './search.ts';

export interface Page {
  readonly sort: Sort;
  readonly limit: number;
  readonly offset: number;
  readonly cursor: string | null;
}

const documentColumns = sql.raw(documentColumnNames.map((name) => `issues.${name}`).join(', '));

type Row = DocumentRow & Record<string, unknown>;

/**
 * A page of issues, with links and relations, and the total: two statements at once, or one for a search.
 *
 * @throws KiteError `invalid_request` for a cursor that is not one
 */
export function listIssues(database: Database, filter: Filter, page: Page): Promise<IssuePage> {
  return retrying(async () => {
    const { rows, total } =
      filter.search === undefined
        ? await listPage(database, filter, page)
        : await searchPage(database, filter.search, filter, page);
    const shown = rows.slice(0, page.limit);
    const last = shown.at(-1);
    return {
      data: shown.map(toIssue),
      total: filter.search === undefined ? total : Math.min(total, searchTotal),
      ...(filter.search !== undefined && total > searchTotal && { totalIsLowerBound: true }),
      limit: page.limit,
      offset: page.offset,
      nextCursor:
        rows.length > page.limit && last !== undefined
          ? encodeCursor({ sort: page.sort, values: sortValues(page.sort, placeOf(last)), id: last.id })
          : null,
    };
  });
}

interface Found {
  /** One more than a page has, when there are more. */
  readonly rows: readonly Row[];
  readonly total: number;
}

async function listPage(database: Database, filter: Filter, page: Page): Promise<Found> {
  const statement = sql`
    select ${documentColumns}
    from (${idsOf(page, issues, filterCondition(filter))}) as page
    join issue_documents as issues on issues.id = page.id
    order by ${orderBy(page.sort)}`;
  const [rows, total] = await Promise.all([
    isUsual(filter, page) ? prepared<Row>(database, statement) : orm(database).execute<Row>(statement),
    countIssues(database, filter),
  ]);
  return { rows, total };
}

async function searchPage(database: Database, text: string, filter: Filter, page: Page): Promise<Found> {
  const { parts, isWide, condition, total } = searchParts(text, filter);
  const rows = await orm(database).execute<Row & { total: string; id: string | null }>(sql`
    with ${parts}
    select found.total, ${documentColumns}
    from (select ${total} as total) as found
    left join (
      (${idsOf(page, issues, and(isWide, condition))})
      union all
      (${idsOf(page, sql`near as ${issues}`, sql`not ${isWide}`)})
    ) as page on true
    left join issue_documents as issues on issues.id = page.id
    order by ${orderBy(page.sort)}`);
  return { rows: rows.filter(({ id }) => id !== null), total: Number(rows[0]?.total ?? 0) };
}

/** Ids only: the indexes hold them, so that what an offset passes over is not read. */
function idsOf(page: Page, from: SQLWrapper, condition: SQL | undefined): SQL {
  const after = page.cursor === null ? undefined : afterCursor(page.sort, page.cursor);
  return sql`
    select ${issues.id} from ${from} where ${and(condition, after)}
    order by ${walkBy(page.sort)} limit ${sql.raw(String(page.limit + 1))} offset ${sql.raw(String(page.offset))}`;
}

/** The pages that dashboards show. Their statements are few, so that each connection may keep their plans. */
function isUsual(filter: Filter, { limit, offset }: Page): boolean {
  const { namespace: _namespace, state, ...others } = filter;
  return (
    (limit === 10 || limit === 50) &&
    offset === 0 &&
    (state === undefined || state.length === 1) &&
    Object.values(others).every((value) => value === undefined)
  );
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
