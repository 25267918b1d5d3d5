/** The words of an issue are found before and after the index has taken them, and taken once. */
import { expect, test } from 'vitest';
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
