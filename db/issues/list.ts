import { and, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { encodeCursor } from '../../core/contract/cursor.ts';
import type { IssuePage, Sort } from '../../core/contract/list.ts';
import type { Database } from '../client.ts';
import { retrying } from '../failure.ts';
import { execute } from '../orm.ts';
import { issues } from '../schema/issues.ts';
import { countOf } from './count.ts';
import { type Filter, filterCondition, hasSeveralNamespaces, perNamespace } from './filter.ts';
import { afterCursor, orderBy, type Place, placeColumns, sortColumns, sortValues, walkBy } from './order.ts';
import { readIssues } from './page.ts';
import { searchParts, searchTotal } from './search.ts';

export interface Page {
  readonly sort: Sort;
  readonly limit: number;
  readonly offset: number;
  readonly cursor: string | null;
}

/** A place of the page, or none where the page is empty; with the total, which is counted one beyond `searchTotal` in a search. */
type Found = (Place | { readonly id: null }) & { readonly total: string };

/**
 * A page of issues, with links and relations, and the total, in two statements: which issues, and what is to be said of them.
 *
 * @throws KiteError `invalid_request` for a cursor that is not one
 */
export function listIssues(database: Database, filter: Filter, page: Page): Promise<IssuePage> {
  return retrying(async () => {
    const statement =
      filter.search === undefined ? listed(filter, page) : searched(filter.search, filter, page);
    const found = await execute<Found>(database, statement, isKept(filter, page));
    const places = found.filter((row): row is Place & Found => row.id !== null);
    const shown = places.slice(0, page.limit);
    const last = shown.at(-1);
    const total = Number(found[0]?.total ?? 0);
    const isMore = filter.search !== undefined && total > searchTotal;
    return {
      data: await readIssues(
        database.sql,
        shown.map(({ id }) => id),
      ),
      total: isMore ? searchTotal : total,
      ...(isMore && { totalIsLowerBound: true }),
      limit: page.limit,
      offset: page.offset,
      nextCursor:
        places.length > page.limit && last !== undefined
          ? encodeCursor({ sort: page.sort, values: sortValues(page.sort, last), id: last.id })
          : null,
    };
  });
}

/** The filters that an index serves, whatever value they ask for. */
const keptFilters: readonly (keyof Filter)[] = [
  'namespace',
  'cluster',
  'state',
  'severity',
  'issueType',
  'resourceType',
  'resourceName',
  'application',
  'component',
  'label',
  'pipelineRun',
];
/** The limits that known clients ask with. */
const keptLimits = [1, 10, 50];

/**
 * Whether the statement is one of those that are asked over and over, so that connections keep it; its limit is a part of its text
 * then. By far most lists are, and there can be some hundreds of texts at most.
 */
function isKept(filter: Filter, page: Page): boolean {
  const asked = Object.values(filter).filter((value) => value !== undefined);
  const kept = keptFilters.map((name) => filter[name]).filter((value) => value !== undefined);
  const isPlain = asked.every((value) => !Array.isArray(value) || value.length === 1);
  return hasKeptLimit(page) && isPlain && asked.length === kept.length && asked.length <= 3;
}

function hasKeptLimit(page: Page): boolean {
  return page.offset === 0 && keptLimits.includes(page.limit);
}

function listed(filter: Filter, page: Page): SQL {
  const isSelective = selective.some((name) => filter[name] !== undefined);
  return isSelective
    ? sql`
      with matching as materialized (select ${sortColumns} from ${issues} where ${filterCondition(filter)})
      select found.total, issues.*
      from (select count(*) as total from matching) as found
      left join (${placesOf(page, sql`matching as ${issues}`, undefined)}) as issues on true
      order by ${orderBy(page.sort)}`
    : sql`
      select found.total, issues.*
      from (select ${countOf(filter)} as total) as found
      left join (${walk(page, filter)}) as issues on true
      order by ${orderBy(page.sort)}`;
}

/**
 * What few issues match. All of them are read for the total, and so the page is taken from these: the planner, asked for
 * a page alone, walks the whole namespace where it takes a rare label for a common one (1.2 s of 300,000).
 */
const selective = ['label', 'application', 'component', 'resourceName', 'pipelineRun', 'idPrefix'] as const;

function searched(text: string, filter: Filter, page: Page): SQL {
  const { parts, isWide, has, total } = searchParts(text, filter);
  return sql`
    with ${parts}
    select found.total, issues.*
    from (select ${total} as total) as found
    left join (
      (${walk(page, filter, and(isWide, has))})
      union all
      (${placesOf(page, sql`near as ${issues}`, sql`not ${isWide}`)})
    ) as issues on true
    order by ${orderBy(page.sort)}`;
}

/** The places of a page among all that the filter asks for, taken from an index in its order. */
function walk(page: Page, filter: Filter, more?: SQL): SQL {
  const within = (one: Filter): SQL | undefined => and(filterCondition(one), more);
  if (!hasSeveralNamespaces(filter)) {
    return placesOf(page, issues, within(filter));
  }
  const ample = { ...page, limit: page.limit + page.offset, offset: 0 };
  return sql`
    select issues.* from (${perNamespace(filter, (one) => placesOf(ample, issues, within(one)))}) as issues
    order by ${orderBy(page.sort)} limit ${page.limit + 1} offset ${page.offset}`;
}

/**
 * One more than the page has, when there are more. Only what the indexes of most orders hold: the rows that an offset passes over
 * are not read.
 */
function placesOf(page: Page, from: SQLWrapper, condition: SQL | undefined): SQL {
  const after = page.cursor === null ? undefined : afterCursor(page.sort, page.cursor);
  return sql`
    select ${placeColumns(page.sort)} from ${from} where ${and(condition, after) ?? sql`true`}
    order by ${walkBy(page.sort)}
    ${hasKeptLimit(page) ? sql.raw(`limit ${page.limit + 1}`) : sql`limit ${page.limit + 1} offset ${page.offset}`}`;
}
