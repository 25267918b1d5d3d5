/** A list of several namespaces is the list of all of them at once: the same order, pages and totals. */
import { beforeAll, describe, expect, it } from 'vitest';
import { component, failing } from '../../support/bodies.ts';
import { bodyOf, expectError, type Query, useKite } from '../../support/kite.ts';

const kite = useKite({ env: { KITE_NAMESPACE_CHECK: 'off' } });
const names = ['several-a', 'several-b', 'several-c'];
const namespace = 'several-a,several-c';
const sorts = ['detectedAt', 'lastSeenAt', 'severity', 'dueAt'] as const;

beforeAll(async () => {
  await kite.reports(
    Array.from({ length: 60 }, (_, number) =>
      failing(names[number % 3] ?? '', number % 20, {
        ...component(`thing-${number}`),
        title: number % 2 === 0 ? 'Even failure' : 'Odd failure',
        severity: ['info', 'minor', 'major', 'critical'][number % 4],
        labels: { squad: number % 4 === 0 ? 'red' : 'blue' },
        ...(number % 5 === 0
          ? {}
          : { dueAt: `2030-01-${String(1 + (number % 28)).padStart(2, '0')}T00:00:00Z` }),
      }),
    ),
  );
});

const queries: readonly Query[] = [
  {},
  { search: 'even' },
  { search: 'fa' },
  { label: 'squad=red' },
  { severity: ['major', 'info'] },
  { resourceName: 'thing-6' },
];

describe.each(sorts)('sorted by %s', (sort) => {
  it.each(queries)('%j', async (query) => {
    const everything = (await kite.list({ ...query, sort, limit: '1000' })).data;
    const expected = everything.filter((issue) => issue.namespace !== 'several-b').map(({ id }) => id);
    const whole = await kite.list({ namespace, ...query, sort, limit: '1000' });
    expect(whole.data.map(({ id }) => id)).toEqual(expected);
    expect(whole.total).toBe(expected.length);

    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await kite.list({ namespace, ...query, sort, limit: '7', cursor });
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(expected);
    const page = await kite.list({ namespace, ...query, sort, limit: '5', offset: '4' });
    expect(page.data.map(({ id }) => id)).toEqual(expected.slice(4, 9));
  });
});

describe('the names', () => {
  it('may be repeated and may have gaps', async () => {
    const { total } = await kite.list({ namespace });
    expect((await kite.list({ namespace: `,${namespace},,several-a,` })).total).toBe(total);
    expect(bodyOf(await kite.get('/issues/summary', { namespace }), 200)).toMatchObject({ total });
  });

  it('are at most fifty, and each is a name', async () => {
    const many = Array.from({ length: 51 }, (_, number) => `n${number}`);
    for (const wrong of [many.join(','), `a,${'x'.repeat(300)}`, ' , ']) {
      const error = expectError(await kite.get('/issues', { namespace: wrong }), 400);
      expect(error.details?.[0]?.path).toBe('query.namespace');
    }
    bodyOf(await kite.get('/issues', { namespace: many.slice(1).join(',') }), 200);
  });
});
