import { and, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { encodeCursor } from '../../core/contract/cursor.ts';
import type { IssuePage, Sort } from '../../core/contract/list.ts';
import type { Database } from '../client.ts';
import { retrying } from '../failure.ts';
import { execute } from '../orm.ts';
import { issues } from '../schema/issues.ts';
import { countOf } from './count.ts';
import { type Filter, filterCondition, hasSeveralNamespaces, perNamespace } from './filter.ts';
import { afterCursor, orderBy, placeColumns, sortColumns, sortValues, walkBy } from './order.ts';
import { type PageDocument, toIssues } from './page.ts';
import { searchParts, searchTotal } from './search.ts';

export interface Page {
  readonly sort: Sort;
  readonly limit: number;
  readonly offset: number;
  readonly cursor: string | null;
}

interface Found {
  /** Counted one beyond `searchTotal` in a search. */
  readonly total: string;
  /** Whether more follow. */
  readonly is_more: boolean;
  readonly page: PageDocument;
}

/**
 * A page of issues, with links and relations, and the total, in one statement: every issue of the page is one that the filter asks
 * for, and the total counts it.
 *
 * @throws KiteError `invalid_request` for a cursor that is not one
 */
export function listIssues(database: Database, filter: Filter, page: Page): Promise<IssuePage> {
  return retrying(async () => {
    const [found] = await execute<Found>(database, statementOf(filter, page), isKept(filter, page));
    const data = found === undefined ? [] : toIssues(found.page);
    const last = data.at(-1);
    const total = Number(found?.total ?? 0);
    const isMore = filter.search !== undefined && total > searchTotal;
    return {
      data,
      total: isMore ? searchTotal : total,
      ...(isMore && { totalIsLowerBound: true }),
      limit: page.limit,
      offset: page.offset,
      nextCursor:
        found?.is_more === true && last !== undefined
          ? encodeCursor({ sort: page.sort, values: sortValues(page.sort, last), id: last.id })
          : null,
    };
  });
}

/** The filters of which one, beside namespace and cluster, is asked for over and over; an index serves each, whatever its value. */
const keptFilters: readonly (keyof Filter)[] = [
  'state',
  'severity',
  'issueType',
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
 * then. These are first pages in the default order, of one namespace, of a cluster or any, with one filter more at most: 60 texts,
 * by ten choices of that filter (none, two states, seven others) and three limits.
 */
function isKept(filter: Filter, page: Page): boolean {
  const { namespace, cluster, ...others } = filter;
  const kept = Object.entries(others).filter(([, value]) => value !== undefined);
  return (
    hasKeptLimit(page) &&
    page.cursor === null &&
    page.sort === 'detectedAt' &&
    namespace !== undefined &&
    kept.length <= 1 &&
    kept.every(([name]) => keptFilters.some((one) => one === name)) &&
    [namespace, cluster, ...Object.values(others)].every(
      (value) => !Array.isArray(value) || value.length === 1,
    )
  );
}

function hasKeptLimit(page: Page): boolean {
  return page.offset === 0 && keptLimits.includes(page.limit);
}

/** What finds a page: the places on it and one more, the total as a scalar, and what both look at, as common table expressions. */
interface Finding {
  readonly parts?: SQL;
  readonly places: SQL;
  readonly total: SQL;
}

function statementOf(filter: Filter, page: Page): SQL {
  const { search } = filter;
  const { parts, places, total } =
    search === undefined ? listed(filter, page) : searched(search, filter, page);
  return sql`
    with ${parts === undefined ? sql`` : sql`${parts},`}
    place as materialized (${places})
    select ${total} as total,
      (select count(*) > ${limitOf(page, page.limit)} from place) as is_more,
      read_issues(array(
        select ${issues.id} from place as ${issues} order by ${orderBy(page.sort)} limit ${limitOf(page, page.limit)}
      )) as page`;
}

function listed(filter: Filter, page: Page): Finding {
  const isSelective = selective.some((name) => filter[name] !== undefined);
  return isSelective
    ? {
        parts: sql`
          matching as materialized (select ${sortColumns} from ${issues} where ${filterCondition(filter)})`,
        places: placesOf(page, sql`matching as ${issues}`, undefined),
        total: sql`(select count(*) from matching)`,
      }
    : { places: walk(page, filter), total: countOf(filter) };
}

/**
 * What few issues match. All of them are read for the total, and so the page is taken from these: the planner, asked for
 * a page alone, walks the whole namespace where it takes a rare label for a common one (1.2 s of 300,000).
 */
const selective = ['label', 'application', 'component', 'resourceName', 'pipelineRun', 'idPrefix'] as const;

function searched(text: string, filter: Filter, page: Page): Finding {
  const { parts, isWide, has, total } = searchParts(text, filter);
  return {
    parts,
    places: sql`
      (${walk(page, filter, and(isWide, has))})
      union all
      (${placesOf(page, sql`near as ${issues}`, sql`not ${isWide}`)})`,
    total,
  };
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
    limit ${limitOf(page, page.limit + 1)}${hasKeptLimit(page) ? sql`` : sql` offset ${page.offset}`}`;
}

/** A limit that known clients ask with is a part of the text, so that a plan that is kept knows it. */
function limitOf(page: Page, limit: number): SQL {
  return hasKeptLimit(page) ? sql.raw(String(limit)) : sql`${limit}::bigint`;
}
