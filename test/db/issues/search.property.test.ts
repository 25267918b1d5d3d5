/** Whatever the texts are, however many namespaces, a search finds what looking at every issue finds, in the same order. */
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Report } from '../../../core/domain/report.ts';
import { connect, type Database } from '../../../db/client.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import { indexTexts } from '../../../db/issues/index-texts.ts';
import { listIssues } from '../../../db/issues/list.ts';
import { applyReports } from '../../../db/reports/apply.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

vi.setConfig({ testTimeout: 240_000 });

const now = Date.now();
let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = connect(own.url, { connections: 2, timeout: 20_000 });
  await ensureHistory(database.sql, now, 180);
});
afterAll(async () => {
  await database?.close();
  await own?.drop();
});

/** Few words, so that some are in most texts of a namespace and some in few. */
const word = fc.constantFrom('build', 'quota', 'a', 'über', '%', '_', '\\', 'x-y', 'Registry', 'clair-scan');
const sentence = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
interface Told {
  readonly namespace: number;
  readonly name: string;
  readonly title: string;
  readonly description: string;
}
const told: fc.Arbitrary<Told> = fc.record({
  namespace: fc.nat({ max: 29 }),
  name: sentence,
  title: sentence,
  description: sentence,
});
const asked = fc.record({
  text: fc.oneof(word, sentence, fc.constantFrom('bu', 'ü', 'REGISTRY b', 'nowhere')),
  namespaces: fc.uniqueArray(fc.nat({ max: 29 }), { minLength: 0, maxLength: 30 }),
  limit: fc.constantFrom(5, 1000),
});

function report(namespace: string, { name, title, description }: Told, second: number): Report {
  return {
    identity: {
      cluster: 'c',
      namespace,
      scope: { resourceType: 'component', resourceName: name, resourceNamespace: namespace },
      issueType: 'build',
    },
    ...{
      outcome: 'failing',
      observedAt: now - 1_000_000 + second * 1000,
      subjectCreatedAt: null,
      source: 'ci',
    },
    ...{ eventId: randomUUID(), anonymous: false, run: null, labels: {}, actor: null },
    failure: { title, description, severity: 'major', links: [], dueAt: null },
  };
}

test('before and after the index has taken the texts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(told, { minLength: 60, maxLength: 250 }),
      fc.nat({ max: 250 }),
      fc.array(asked, { minLength: 8, maxLength: 12 }),
      async (issues, indexed, questions) => {
        const run = randomUUID();
        const nameOf = (number: number): string => `${run}-${number}`;
        const reports = issues.map((issue, second) => report(nameOf(issue.namespace), issue, second));
        const options = { now, horizon: 0, newId: randomUUID, whole: false };
        await applyReports(database.sql, reports.slice(0, indexed), options);
        await indexTexts(database.sql);
        await applyReports(database.sql, reports.slice(indexed), options);
        for (const { text, namespaces, limit } of questions) {
          const filter = namespaces.length === 0 ? {} : { namespace: namespaces.map(nameOf) };
          const page = { sort: 'detectedAt', limit, offset: 0, cursor: null } as const;
          const expected = await every(text, namespaces.map(nameOf));
          const found = await listIssues(database, { ...filter, search: text }, page);
          expect(found.total).toBe(Math.min(expected.length, 1000));
          expect(found.data.map(({ id }) => id)).toEqual(expected.slice(0, limit));
        }
      },
    ),
    { numRuns: 25 },
  );
});

/** The ids of all that have the text, newest first, by looking at each; of all namespaces where none is named. */
async function every(text: string, namespaces: readonly string[]): Promise<readonly string[]> {
  const { sql } = own;
  const rows = await sql<{ id: string }[]>`
    select id from issues
    where title || E'\n' || description || E'\n' || resource_name ilike ${`%${text.replace(/[\\%_]/g, '\\$&')}%`}
      ${namespaces.length === 0 ? sql`` : sql`and namespace in ${sql([...namespaces])}`}
    order by detected_at desc, id desc`;
  return rows.map(({ id }) => id);
}
