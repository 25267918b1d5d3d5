import type postgres from 'postgres';
import { encodeCursor } from '../../../core/contract/cursor.ts';
import type { Sort } from '../../../core/contract/list.ts';

/** One kind of read: requests that differ only in what they name. */
export interface Read {
  readonly what: string;
  /** Of `GET`, below `/api/v1`. */
  readonly paths: readonly string[];
  /** Milliseconds that the median answer to one caller may take. */
  readonly most: number;
  /** Whether its cost may grow with the number of issues, and why. */
  readonly grows?: string;
}

/** The namespace of 30 issues in 100, and one of the nineteen others. */
const largest = 'team-00-tenant';
const ordinary = 'team-03-tenant';

/** What is in none of the dataset's texts, and in each second one. */
const words = { nowhere: 'zyxwvutsrq', common: 'reason', lettersCommon: 'ed', lettersRare: 'xw' } as const;

/**
 * What is read, of a database that `fillDatabase` has filled.
 *
 * @param options.depth how far behind the newest the deep pages of the largest namespace are
 * @param options.samples how many different things of a kind are asked for
 */
export async function readsOf(
  sql: postgres.Sql,
  { depth, samples }: { readonly depth: number; readonly samples: number },
): Promise<readonly Read[]> {
  const issues = await sql<Sample[]>`
    select id, namespace, application, component, resource_name, labels ->> 'squad' as squad, run_name
    from issues i
    cross join lateral (select e.run_name from events e where e.issue_key = i.key order by e.order_key desc limit 1) as run
    where i.key in (select 100 + n * ((select max(key) from issues) - 100) / ${samples} from generate_series(1, ${samples}::int) as n)
    order by i.key`;
  const [heavy] = await sql<
    { id: string; namespace: string }[]
  >`select id, namespace from issues where key = 1`;
  const each = (path: (issue: Sample) => string): readonly string[] => issues.map(path);
  const list = (query: Record<string, string>): string => `/issues?${new URLSearchParams(query)}`;
  const of = (namespace: string, query: Record<string, string> = {}) => [list({ namespace, ...query })];
  const sorts = ['lastSeenAt', 'severity', 'dueAt'] as const;
  const page = { what: '', most: 5 };
  return [
    { ...page, what: 'list, 50, one namespace', paths: of(ordinary) },
    { ...page, what: 'list, 50, the largest namespace', paths: of(largest) },
    { ...page, what: 'list, 50, all namespaces', paths: [list({})] },
    {
      ...page,
      what: 'state=ACTIVE&limit=10, one namespace',
      paths: of(ordinary, { state: 'ACTIVE', limit: '10' }),
    },
    {
      ...page,
      what: 'state=ACTIVE&limit=10, the largest',
      paths: of(largest, { state: 'ACTIVE', limit: '10' }),
    },
    {
      ...page,
      what: 'total of a severity or type, limit=1, the largest',
      paths: [
        ...['critical', 'major', 'minor', 'info'].flatMap((severity) =>
          of(largest, { severity, limit: '1' }),
        ),
        ...['build', 'test', 'release', 'pipeline'].flatMap((issueType) =>
          of(largest, { issueType, limit: '1' }),
        ),
      ],
    },
    {
      ...page,
      what: 'critical and active, limit=1, the largest',
      paths: of(largest, { severity: 'critical', state: 'ACTIVE', limit: '1' }),
    },
    { ...page, what: 'summary, the largest namespace', paths: [`/issues/summary?namespace=${largest}`] },
    { ...page, what: 'by id', paths: each(({ id }) => `/issues/${id}`) },
    {
      ...page,
      what: 'by the beginning of the id',
      paths: each(({ id, namespace }) => list({ namespace, idPrefix: id.slice(0, 8) })),
    },
    {
      ...page,
      what: 'by pipeline run',
      paths: each(({ run_name, namespace }) => list({ namespace, pipelineRun: run_name })),
    },
    {
      ...page,
      what: 'by application',
      paths: each(({ application, namespace }) => list({ namespace, application })),
    },
    {
      ...page,
      what: 'by component',
      paths: each(({ component, namespace }) => list({ namespace, component })),
    },
    {
      ...page,
      what: 'by resource',
      paths: each(({ resource_name, namespace }) => list({ namespace, resourceName: resource_name })),
    },
    {
      ...page,
      what: 'by label',
      paths: each(({ squad, namespace }) => list({ namespace, label: `squad=${squad}` })),
    },
    { ...page, what: 'timeline', paths: each(({ id }) => `/issues/${id}/events`) },
    { ...page, what: 'timeline of many events', paths: [`/issues/${heavy?.id}/events`] },
    ...sorts.map((sort) => ({ ...page, what: `sort=${sort}, the largest`, paths: of(largest, { sort }) })),
    {
      ...page,
      what: 'deep page by cursor, the largest',
      paths: await Promise.all(
        (['detectedAt', ...sorts] as const).map(async (sort) =>
          list({ namespace: largest, sort, cursor: await cursorAt(sql, sort, depth) }),
        ),
      ),
    },
    {
      ...page,
      what: `offset=${depth}, the largest`,
      paths: of(largest, { offset: String(depth) }),
      most: 40,
      grows: 'the offset',
    },
    {
      ...page,
      what: 'search for one issue',
      paths: each(({ resource_name, namespace }) => list({ namespace, search: resource_name })),
      most: 30,
      grows: 'the lists of its letters',
    },
    {
      ...page,
      what: 'search for one issue, all namespaces',
      paths: each(({ resource_name }) => list({ search: resource_name })),
      most: 30,
      grows: 'the lists of its letters',
    },
    ...[largest, undefined].flatMap((namespace) =>
      Object.entries({
        'a common word': words.common,
        'a word that nobody wrote': words.nowhere,
        'two letters, common': words.lettersCommon,
        'two letters, rare': words.lettersRare,
      }).map(([what, search]) => ({
        what: `search for ${what}, ${namespace === undefined ? 'all namespaces' : 'the largest'}`,
        paths: [list({ ...(namespace !== undefined && { namespace }), search })],
        most: 30,
        grows: 'counts up to 1,000',
      })),
    ),
  ];
}

interface Sample {
  readonly id: string;
  readonly namespace: string;
  readonly application: string;
  readonly component: string;
  readonly resource_name: string;
  readonly squad: string;
  readonly run_name: string;
}

const orders: Readonly<Record<Sort, string>> = {
  detectedAt: 'detected_at desc, id desc',
  lastSeenAt: 'last_seen_at desc, id desc',
  severity: 'severity_rank desc, detected_at desc, id desc',
  dueAt: "coalesce(due_at, 'infinity'), id",
};
const never = 8_640_000_000_000_000;

/** The cursor behind so many issues of the largest namespace. */
async function cursorAt(sql: postgres.Sql, sort: Sort, depth: number): Promise<string> {
  const [row] = await sql<{ id: string; rank: number; detected: number; seen: number; due: number | null }[]>`
    select id, severity_rank as rank, (extract(epoch from detected_at) * 1000)::float8 as detected,
      (extract(epoch from last_seen_at) * 1000)::float8 as seen, (extract(epoch from due_at) * 1000)::float8 as due
    from issues where namespace = ${largest} order by ${sql.unsafe(orders[sort])} limit 1 offset ${depth}`;
  if (row === undefined) {
    throw new Error(`${largest} has no ${depth} issues.`);
  }
  const values = {
    detectedAt: [row.detected],
    lastSeenAt: [row.seen],
    severity: [row.rank, row.detected],
    dueAt: [row.due ?? never],
  };
  return encodeCursor({ sort, values: values[sort], id: row.id });
}
