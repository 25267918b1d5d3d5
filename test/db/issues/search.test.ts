/** Whichever way a search takes, by how common the text is, it finds what looking at every issue finds. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Database } from '../../../db/client.ts';
import { listIssues } from '../../../db/issues/list.ts';
import { fillDatabase } from '../../bench/dataset.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const namespace = 'team-00-tenant';
let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  await fillDatabase(own.url, { size: 10_000, now: Date.UTC(2026, 0, 1), events: 2 });
  database = connect(own.url, { connections: 2, timeout: 20_000 });
  // In each namespace one word is in the newest and, besides, in few of the oldest; another in the oldest only.
  for (const [word, newest, oldest] of [
    ['lately', 40, 5],
    ['erstwhile', 0, 40],
  ] as const) {
    await own.sql`
      with ranked as (
        select key, row_number() over newest as newest, row_number() over oldest as oldest from issues
        window newest as (partition by namespace order by key desc), oldest as (partition by namespace order by key)
      ),
      chosen as (select key from ranked where newest <= ${newest} or oldest <= ${oldest}),
      renamed as (update issues i set title = ${word} || ' ' || i.title from chosen c where c.key = i.key)
      update issue_texts t set words = ${word} || ' ' || t.words from chosen c where c.key = t.issue_key`;
  }
  await own.sql`update issues set words_waiting = false where words_waiting`;
  await own.sql`delete from texts_waiting`;
  // Some have changed since the index took them; the planner is to expect none of that.
  await own.sql`update issues set title = 'Walrus ' || title where key % 50 = 0`;
  await own.sql`update issues set description = 'Überlauf', title = 'quiet' where key % 70 = 0`;
  await own.sql`update issue_texts set words = words || 'über' || E'\n' where issue_key % 90 = 1`;
  await own.sql`update issues set description = description || E'\nüber' where key % 90 = 1`;
});
afterAll(async () => {
  await database?.close();
  await own?.drop();
});

const texts = [
  ...[
    'failed',
    'FAILED with reason',
    'draining',
    'out of memory',
    'on-push',
    'walrus',
    'Walrus Build failed for',
    'über',
  ],
  ...[
    'ed',
    'xw',
    'ün',
    'Ü',
    'q',
    '-o',
    '%',
    '_',
    '\\',
    'quota',
    'checkout-api',
    'nobody wrote this anywhere',
  ],
  ...[
    'enterprise-contract',
    'The run basket-worker-0',
    'task clair-scan found a critical vulnerability',
    'é'.repeat(20),
  ],
  ...['lately', 'erstwhile'],
];
const filters = [
  {},
  { namespace },
  { namespace, severity: ['critical' as const] },
  { namespace: 'team-07-tenant' },
  { state: ['ACTIVE' as const] },
  { namespace: Array.from({ length: 20 }, (_, number) => `team-${String(number).padStart(2, '0')}-tenant`) },
];

test.each(texts)('%s', async (search) => {
  for (const filter of filters) {
    for (const sort of ['detectedAt', 'lastSeenAt', 'severity', 'dueAt'] as const) {
      const page = await listIssues(
        database,
        { ...filter, search },
        { sort, limit: 1000, offset: 0, cursor: null },
      );
      const all = await every(search, filter);
      const ids = page.data.map(({ id }) => id);
      expect(page.total).toBe(Math.min(all.length, 1000));
      expect(page.totalIsLowerBound ?? false).toBe(all.length > 1000);
      expect(ids).toHaveLength(Math.min(all.length, 1000));
      expect(ids.filter((id) => !all.includes(id))).toEqual([]);
      if (sort === 'detectedAt') expect(ids).toEqual(all.slice(0, 1000));
    }
  }
});

/** The ids of all that have the text, newest first, by looking at each. */
async function every(text: string, filter: (typeof filters)[number]): Promise<readonly string[]> {
  const { sql } = own;
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const rows = await sql<{ id: string }[]>`
    select id from issues
    where title || E'\n' || description || E'\n' || resource_name ilike ${pattern}
      ${'namespace' in filter ? sql`and namespace in ${sql([filter.namespace ?? []].flat())}` : sql``}
      ${'severity' in filter ? sql`and severity = 'critical'` : sql``}
      ${'state' in filter ? sql`and state = 'ACTIVE'` : sql``}
    order by detected_at desc, id desc`;
  return rows.map(({ id }) => id);
}
