/**
 * Fault 13 of the public service: its list costs one query per association of every issue plus a count. The
 * statements are counted on the wire between the server and its Postgres.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { Operation } from '../../core/contract/operation.ts';
import { operations } from '../../core/contract/operations.ts';
import { component, failing } from '../support/bodies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { bodyOf, type Kite, kiteOf, type Query } from '../support/kite.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { startServer } from '../support/server.ts';

let own: TestDatabase;
let relay: Relay;
let server: Awaited<ReturnType<typeof startServer>>;
let kite: Kite;
const namespace = 'checkout-tenant';
/** The component whose issue has a long timeline, and how long it is. */
const busy = 'component-0';
const timeline = 30;
const page = z.object({ data: z.array(z.unknown()), nextCursor: z.nullable(z.string()) });
const numbers = Array.from({ length: 50 }, (_, index) => index);

beforeAll(async () => {
  own = await createTestDatabase();
  relay = await startRelay(own.url);
  server = await startServer({ databaseUrl: relay.url });
  kite = kiteOf(() => server);
  await kite.reports(
    numbers.map((number) =>
      failing(namespace, number, {
        ...component(`component-${number}`),
        runId: 'run-1',
        labels: { team: 'falcon', application: 'shop' },
        links: [
          { title: 'Logs', url: `https://logs.example/${number}` },
          { title: 'Commit', url: `https://git.example/${number}` },
        ],
      }),
    ),
  );
  await kite.reports(
    Array.from({ length: timeline - 1 }, (_, index) =>
      failing(namespace, 100 + index, {
        ...component(busy),
        labels: { team: 'falcon', application: 'shop' },
      }),
    ),
  );
  const { data } = await kite.list({ namespace });
  await Promise.all(
    data.map((issue, index) =>
      kite.post(`/issues/${issue.id}/related`, { relatedId: data[(index + 1) % data.length]?.id }),
    ),
  );
  await Promise.all(
    numbers.map((number) => kite.post('/keys', { name: `key-${number}`, namespaces: ['*'], may: ['read'] })),
  );
});
afterAll(async () => {
  await server?.close();
  await relay?.close();
  await own?.drop();
});

/** How many statements the cheapest of a few equal requests took: a new connection may ask for types once. */
async function statementsOf(request: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 4; time += 1) {
    const before = relay.statements();
    await request();
    least = Math.min(least, relay.statements() - before);
  }
  return least;
}

/** Every route that answers with a list, and what a request of it may take. */
const lists: readonly {
  readonly name: string;
  readonly path: (id: string) => string;
  readonly query: Query;
  /** How many entries there are. */
  readonly entries: number;
}[] = [
  { name: 'issues', path: () => '/issues', query: { namespace }, entries: 50 },
  ...(['lastSeenAt', 'severity', 'dueAt'] as const).map((sort) => ({
    name: `issues by ${sort}`,
    path: () => '/issues',
    query: { namespace, sort },
    entries: 50,
  })),
  {
    name: 'issues by filters',
    path: () => '/issues',
    query: { namespace, state: 'ACTIVE', severity: 'major', label: 'team=falcon', application: 'shop' },
    entries: 50,
  },
  {
    name: 'issues found by text',
    path: () => '/issues',
    query: { namespace, search: 'checkout' },
    entries: 50,
  },
  {
    name: 'issues found by two letters',
    path: () => '/issues',
    query: { namespace, search: 'ch' },
    entries: 50,
  },
  {
    name: 'issues of two namespaces',
    path: () => '/issues',
    query: { namespace: `${namespace},other-tenant` },
    entries: 50,
  },
  {
    name: 'the reports of a run',
    path: () => '/reports',
    query: { namespace, pipelineRun: 'run-1' },
    entries: 50,
  },
  { name: 'keys', path: () => '/keys', query: {}, entries: 50 },
  // One of each relation, and one of each key.
  { name: 'the audit', path: () => '/audit', query: {}, entries: 100 },
  { name: 'a timeline', path: (id) => `/issues/${id}/events`, query: { namespace }, entries: timeline },
];

describe('fault 13: the cost of a list', () => {
  it('50 issues come with links and relations', async () => {
    const { data, total } = await kite.list({ namespace });
    expect(total).toBe(50);
    expect(data).toHaveLength(50);
    for (const issue of data) {
      expect(issue.links).toHaveLength(2);
      expect(issue.relatedFrom).toHaveLength(1);
      expect(issue.relatedTo).toHaveLength(1);
    }
  });

  it.each(lists)('$name: one or two statements, the same for any page', async ({ path, query, entries }) => {
    const [issue] = (await kite.list({ namespace, resourceName: busy })).data;
    const taken: number[] = [];
    for (const limit of ['1', '7', '20', '1000']) {
      const asked = { ...query, limit };
      taken.push(
        await statementsOf(async () => {
          const body = page.parse(bodyOf(await kite.get(path(issue?.id ?? ''), asked), 200));
          expect(body.data).toHaveLength(Math.min(Number(limit), entries));
        }),
      );
    }
    const { nextCursor } = page.parse(
      bodyOf(await kite.get(path(issue?.id ?? ''), { ...query, limit: '10' }), 200),
    );
    taken.push(
      await statementsOf(() =>
        kite.get(path(issue?.id ?? ''), { ...query, limit: '10', cursor: nextCursor ?? '' }),
      ),
    );
    expect(Math.min(...taken)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...taken)).toBeLessThanOrEqual(2);
    expect(new Set(taken).size).toBe(1);
  });

  it('knows every route of the API that answers with a list', () => {
    const all: readonly Operation[] = Object.values(operations);
    const routes = all
      .filter(({ query }) => 'limit' in (query?.shape ?? {}))
      .map((operation) => operation.path);
    const covered = lists.map(({ path }) => path('{id}'));
    expect(routes.toSorted()).toEqual([...new Set(covered)].map((path) => `/api/v1${path}`).toSorted());
  });

  it('one issue and the summary take one statement', async () => {
    const [issue] = (await kite.list({ namespace, limit: '1' })).data;
    expect(await statementsOf(() => kite.issue(issue?.id ?? ''))).toBe(1);
    expect(await statementsOf(() => kite.get('/issues/summary', { namespace }))).toBe(1);
  });
});
