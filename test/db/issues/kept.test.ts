/** Connections keep the statements of few lists, whatever callers ask for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeCursor } from '../../../core/contract/cursor.ts';
import { connect, type Database } from '../../../db/client.ts';
import type { Filter } from '../../../db/issues/filter.ts';
import { listIssues } from '../../../db/issues/list.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = connect(own.url, { connections: 1, timeout: 20_000 });
});
afterAll(async () => {
  await database?.close();
  await own?.drop();
});

/** Of each filter some values that a caller can give it; two at once where it takes several. */
const values: { readonly [name in keyof Required<Filter>]: readonly Filter[name][] } = {
  namespace: ['a', ['a'], ['a', 'b']],
  cluster: ['c', ['c', 'd']],
  state: [['ACTIVE'], ['RESOLVED'], ['ACTIVE', 'RESOLVED']],
  severity: [['major'], ['major', 'info']],
  issueType: [['build'], ['build', 'test']],
  resourceType: ['component'],
  resourceName: ['x'],
  search: ['text', 'xy'],
  application: ['x'],
  component: ['x'],
  pipelineRun: ['x'],
  idPrefix: ['0123456789'],
  label: [['a=b'], ['a=b', 'c=d']],
  lifecycle: ['production'],
  origin: ['x'],
  dueBefore: [Date.UTC(2030, 0, 1)],
  updatedSince: [Date.UTC(2030, 0, 1)],
};
const choices: readonly Filter[] = Object.entries(values).flatMap(([name, some]) =>
  some.map((value) => ({ [name]: value })),
);
const pairs = choices.flatMap((one, index) =>
  choices.slice(index + 1).map((other) => ({ ...one, ...other })),
);

/** The same filters for all namespaces, for one, and for one of a cluster. */
function placed(filters: readonly Filter[]): readonly Filter[] {
  return filters.flatMap((filter) => [
    filter,
    { namespace: ['a'], ...filter },
    { namespace: ['a'], cluster: ['c'], ...filter },
  ]);
}

async function keptTexts(): Promise<number> {
  const rows =
    await database.sql`select from pg_prepared_statements where statement ~ '^\\s*with .* read_issues'`;
  return rows.length;
}

test('60 texts at most are kept, and these are', async () => {
  const first = { sort: 'detectedAt', offset: 0, cursor: null } as const;
  for (const filter of placed([{}, ...choices])) {
    for (const limit of [1, 10, 50]) {
      await listIssues(database, filter, { ...first, limit });
    }
  }
  for (const filter of placed(pairs)) {
    await listIssues(database, filter, { ...first, limit: 50 });
  }
  expect(await keptTexts()).toBe(60);
});

test('no other order, limit, offset or later page adds to them', async () => {
  const first = { sort: 'detectedAt', limit: 50, offset: 0, cursor: null } as const;
  const id = '0b5f6a0e-0000-4000-8000-000000000000';
  const cursor = encodeCursor({ sort: 'detectedAt', values: [0], id });
  const before = await keptTexts();
  for (const filter of placed(choices)) {
    await listIssues(database, filter, { ...first, limit: 51 });
    await listIssues(database, filter, { ...first, offset: 1 });
    for (const sort of ['lastSeenAt', 'severity', 'dueAt'] as const) {
      await listIssues(database, filter, { ...first, sort });
    }
    await listIssues(database, filter, { ...first, cursor });
  }
  expect(await keptTexts()).toBe(before);
});
