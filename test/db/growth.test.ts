/**
 * What the statements of a read touch stays the same when all has become ten times as much: pages do not depend on
 * the machine, so a plan that has lost its index shows here.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IdentityRow, identityOf } from '../../db/issues/lock.ts';
import { fillDatabase } from '../bench/dataset.ts';
import { buffersOf } from '../bench/query/buffers.ts';
import { type Read, readsOf } from '../bench/query/reads.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { compare } from '../support/model.ts';

const now = Date.UTC(2026, 0, 1);
const depth = 2000;
/** Fewer than the bench has, to be filled in time. */
const events = 2;

/** What is asked by callers who see several namespaces, or one cluster of all of them. */
const guarded: readonly Read[] = [
  ...(['detectedAt', 'lastSeenAt', 'severity', 'dueAt'] as const).map((sort) => ({
    what: `two namespaces, sort=${sort}`,
    paths: [`/issues?namespace=team-00-tenant,team-03-tenant&sort=${sort}`],
  })),
  { what: 'two namespaces, active', paths: ['/issues?namespace=team-00-tenant,team-03-tenant&state=ACTIVE'] },
  { what: 'two namespaces, summary', paths: ['/issues/summary?namespace=team-00-tenant,team-03-tenant'] },
  { what: 'one cluster of one namespace', paths: ['/issues?namespace=team-00-tenant&cluster=local'] },
  { what: 'one cluster of all namespaces', paths: ['/issues?cluster=local&limit=10'] },
  {
    what: 'search for a common word, two namespaces',
    paths: ['/issues?namespace=team-00-tenant,team-03-tenant&search=reason'],
    grows: 'counts up to 1,000',
  },
].map((read) => ({ ...read, most: 30 }));

interface Filled {
  readonly database: TestDatabase;
  readonly reads: readonly Read[];
  readonly pages: ReadonlyMap<string, number>;
}

let small: Filled;
let large: Filled;

async function fill(size: number): Promise<Filled> {
  const database = await createTestDatabase();
  await fillDatabase(database.url, { size, now, events });
  const reads = [...(await readsOf(database.sql, { depth, samples: 8 })), ...guarded];
  return { database, reads, pages: await buffersOf(database.url, reads) };
}

beforeAll(async () => {
  small = await fill(10_000);
  large = await fill(100_000);
}, 120_000);
afterAll(async () => {
  await small?.database.drop();
  await large?.database.drop();
});

describe('from 10,000 to 100,000 issues', () => {
  test('no read touches twice as many pages, but those that pass over an offset or count matches', () => {
    const grown = large.reads
      .filter(({ grows }) => grows === undefined)
      .map(({ what }) => ({ what, from: small.pages.get(what) ?? 0, to: large.pages.get(what) ?? 0 }))
      .filter(({ from, to }) => to >= 2 * from);
    expect(grown).toEqual([]);
  });

  test('a search for anything touches no more than some thousand pages', () => {
    const searches = [...large.pages].filter(([what]) => what.startsWith('search'));
    expect(searches.length).toBeGreaterThan(8);
    expect(searches.filter(([, pages]) => pages > 20_000)).toEqual([]);
  });
});

describe('what the bench reads', () => {
  test('is what reports add up to', async () => {
    const identities = await small.database.sql<IdentityRow[]>`
      select cluster, namespace, resource_type, resource_name, resource_namespace, issue_type
      from issues where key <= 60 order by key`;
    for (const row of identities) {
      const { row: kept, model } = await compare(small.database.sql, identityOf(row));
      // The dataset links each issue once, but tells no links in its history.
      expect({ ...kept, links: [] }).toEqual({ ...model, links: [] });
    }
  });

  test('has exact counts', async () => {
    const [row] = await small.database.sql`
      select (select sum(amount) from issue_counts) as kept, count(*) as counted from issues`;
    expect(row?.kept).toBe(row?.counted);
  });
});
