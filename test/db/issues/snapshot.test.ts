/** A page is of one moment: whatever is written meanwhile, what it shows is what was asked for, counted and in order. */
import { expect, test } from 'vitest';
import { component, failing, freshNamespace, passing } from '../../support/bodies.ts';
import type { Query } from '../../support/kite.ts';
import { useKite } from '../../support/kite.ts';

const kite = useKite();
const names = Array.from({ length: 12 }, (_, number) => `thing-${number}`);
const rounds = 60;

test.each<[string, Query]>([
  ['a list', {}],
  ['a list of what few have', { application: 'shop' }],
  ['a search', { search: 'walrus' }],
])('%s', async (_, query) => {
  const namespace = freshNamespace();
  const told = (name: string, round: number) =>
    failing(namespace, round, { ...component(name), title: 'Walrus', labels: { application: 'shop' } });
  await kite.reports(names.map((name) => told(name, 0)));
  let isOver = false;
  const writing = (async () => {
    for (let round = 1; round <= rounds; round += 1) {
      const reports = names.map((name, number) =>
        (number + round) % 2 === 0 ? told(name, round) : passing(namespace, round, component(name)),
      );
      await kite.reports(reports);
    }
    isOver = true;
  })();
  let pages = 0;
  try {
    while (!isOver) {
      const { data, total } = await kite.list({ namespace, state: 'ACTIVE', ...query });
      expect(data.map(({ state }) => state)).toEqual(data.map(() => 'ACTIVE'));
      expect(data).toHaveLength(total);
      const times = data.map(({ detectedAt }) => Date.parse(detectedAt));
      expect(times).toEqual([...times].sort((one, other) => other - one));
      pages += 1;
    }
  } finally {
    await writing;
  }
  expect(pages).toBeGreaterThan(1);
});
