/** The words of an issue are found before and after the index has taken them, and taken once. */
import { expect, test, vi } from 'vitest';
import { indexTexts } from '../../../db/issues/index-texts.ts';
import { component, failing, freshNamespace } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';

const kite = useKite();

async function titles(namespace: string, search: string): Promise<readonly string[]> {
  return (await kite.list({ namespace, search })).data.map(({ title }) => title).sort();
}

async function waiting(): Promise<number> {
  return Number((await kite.server.database.sql`select count(*) from texts_waiting`)[0]?.count);
}

test('what is new, changed or gone is searched at once, and again when it is indexed', async () => {
  const namespace = freshNamespace();
  const told = (number: number, name: string, title: string) =>
    failing(namespace, number, { ...component(name), title });
  await kite.reports([told(0, 'a', 'Walrus one'), told(1, 'b', 'Walrus two'), told(2, 'c', 'Otter')]);
  expect(await titles(namespace, 'walrus')).toEqual(['Walrus one', 'Walrus two']);
  expect(await indexTexts(kite.server.database.sql)).toBe(3);
  expect(await titles(namespace, 'walrus')).toEqual(['Walrus one', 'Walrus two']);

  await kite.reports([told(3, 'a', 'Heron'), told(4, 'c', 'Walrus three')]);
  const [second] = (await kite.list({ namespace, resourceName: 'b' })).data;
  await kite.ask('DELETE', `/issues/${second?.id}`);
  const [edited] = (await kite.list({ namespace, resourceName: 'a' })).data;
  await kite.ask('PUT', `/issues/${edited?.id}`, { body: { description: 'A walrus, says a person.' } });
  for (const isIndexed of [false, true]) {
    if (isIndexed) expect(await indexTexts(kite.server.database.sql)).toBe(3);
    expect(await titles(namespace, 'walrus')).toEqual(['Heron', 'Walrus three']);
    expect(await titles(namespace, 'otter')).toEqual([]);
    expect(await titles(namespace, 'wa')).toEqual(['Heron', 'Walrus three']);
  }
  expect(await waiting()).toBe(0);
  expect(await indexTexts(kite.server.database.sql)).toBe(0);
});

test('an issue waits once, however often its words change; the same words do not wait', async () => {
  const namespace = freshNamespace();
  for (let number = 0; number < 5; number += 1) {
    await kite.reports([failing(namespace, number, { description: `Failed the ${number}th time.` })]);
    expect(await waiting()).toBe(1);
  }
  expect(await indexTexts(kite.server.database.sql)).toBe(1);
  await kite.reports([failing(namespace, 6, { description: 'Failed the 4th time.' })]);
  expect(await waiting()).toBe(0);
});

test('an issue that is deleted while its words wait leaves nothing behind, also when its row goes first', async () => {
  const namespace = freshNamespace();
  const { sql } = kite.server.database;
  await kite.reports([failing(namespace, 0), failing(namespace, 1, component('purged'))]);
  for (const { id } of (await kite.list({ namespace })).data) await kite.ask('DELETE', `/issues/${id}`);
  await sql`delete from issues where namespace = ${namespace} and resource_name = 'purged'`;
  expect(await waiting()).toBe(2);
  await indexTexts(sql);
  expect(await waiting()).toBe(0);
  expect(await sql`select from issue_texts where namespace = ${namespace}`).toHaveLength(0);
});

test('of two callers that open an issue at once, the one that comes second leaves no words that wait for ever', async () => {
  const namespace = freshNamespace();
  const { sql } = kite.server.database;
  const isWaiting = async () =>
    (
      await sql`select from pg_stat_activity where wait_event = 'transactionid' and query like '%apply_reports%'`
    ).length > 0;
  const second = await sql.begin(async (tx) => {
    const [row] = await tx<{ identity: string }[]>`
      insert into issues (
        identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type, created_at, updated_at
      )
      values (
        identity_of('local', ${namespace}, 'component', 'checkout', ${namespace}, 'build'), 'local', ${namespace}, 'component',
        'checkout', ${namespace}, 'build', now(), now()
      )
      returning identity`;
    expect(row?.identity).toBeDefined();
    const answer = kite.reports([failing(namespace, 0)]);
    await vi.waitUntil(isWaiting, { timeout: 10_000 });
    return { answer };
  });
  expect((await second.answer)[0]?.status).toBe('opened');
  // Of the row that was not written, and of the one that was.
  expect(await waiting()).toBe(2);
  expect(await indexTexts(sql)).toBe(1);
  expect(await waiting()).toBe(0);
  expect(await titles(namespace, 'checkout')).toHaveLength(1);
});

test('an issue that is being written is left for the next time', async () => {
  const namespace = freshNamespace();
  await kite.reports([failing(namespace, 0), failing(namespace, 1, component('held'))]);
  const { sql } = kite.server.database;
  await sql.begin(async (tx) => {
    await tx`select from issues where namespace = ${namespace} and resource_name = 'held' for update`;
    expect(await indexTexts(sql)).toBe(1);
  });
  expect(await waiting()).toBe(1);
  expect(await indexTexts(sql)).toBe(1);
  expect(await waiting()).toBe(0);
});
