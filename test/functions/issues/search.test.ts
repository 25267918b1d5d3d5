/** The search of the list and its totals. */
import { beforeAll, describe, expect, it } from 'vitest';
import { component, failing } from '../../support/bodies.ts';
import { type Query, useKite } from '../../support/kite.ts';

const kite = useKite();
const namespace = 'falcon-tenant';
const crowded = 'crowded-tenant';

beforeAll(async () => {
  const text = (name: string, title: string, description = 'nothing more') =>
    failing(namespace, 0, { ...component(name), title, description });
  await kite.statuses(
    text('alpha', 'Build failed at 100% of the steps'),
    text('beta', 'Build failed at 100 of the steps'),
    text('gamma', 'snake_case is not found'),
    text('delta', 'snakeXcase is found'),
    text('epsilon', 'Quoted', `It's a "quoted" \\ backslash and 'single'`),
    text('zeta-Zürich', 'ÄRGER in der Straße', 'Überlauf'),
    text('eta', 'two words', 'first line\nsecond line'),
    text('theta', 'x', 'y'),
  );
  const crowd = Array.from({ length: 1005 }, (_, index) =>
    failing(crowded, index, {
      ...component(`crowd-${index}`),
      title: index < 1000 ? 'Needle in here' : 'Needle out there',
    }),
  );
  for (let start = 0; start < crowd.length; start += 500) await kite.reports(crowd.slice(start, start + 500));
});

async function found(search: string, query: Query = {}): Promise<readonly string[]> {
  const { data, total, totalIsLowerBound } = await kite.list({ namespace, search, ...query });
  expect(total).toBe(data.length);
  expect(totalIsLowerBound ?? false).toBe(false);
  return data.map((issue) => issue.scope.resourceName).sort();
}

describe('search', () => {
  it.each([
    ['the title', 'snakeXcase', ['delta']],
    ['the title in any case', 'SNAKEXCASE', ['delta']],
    ['the description', 'second line', ['eta']],
    ['the scope’s name', 'theta', ['theta']],
    ['the scope’s name in any case', 'EPSILON', ['epsilon']],
    ['the middle of a word', 'uote', ['epsilon']],
    ['one letter', 'x', ['delta', 'theta']],
    ['two letters', 'ak', ['delta', 'gamma']],
    ['letters beyond ASCII, in any case', 'überLAUF', ['zeta-Zürich']],
    ['letters beyond ASCII in the scope’s name', 'zÜrich', ['zeta-Zürich']],
    ['what is nowhere', 'nowhere', []],
  ])('looks at %s', async (_, search, names) => {
    expect(await found(search)).toEqual(names);
  });

  it.each([
    ['%', ['alpha']],
    ['100%', ['alpha']],
    ['100', ['alpha', 'beta']],
    ['1%0', []],
    ['_', ['gamma']],
    ['snake_case', ['gamma']],
    ['\\', ['epsilon']],
    ['\\%', []],
    [`"quoted" \\ back`, ['epsilon']],
    [`it's`, ['epsilon']],
  ])('takes %s as text', async (search, names) => {
    expect(await found(search)).toEqual(names);
  });

  it('does not find across the border of two fields', async () => {
    expect(await found('casenothing')).toEqual([]);
    expect(await found('moregamma')).toEqual([]);
  });

  it('narrows other filters and is narrowed by them', async () => {
    expect(await found('snake', { resourceName: 'gamma' })).toEqual(['gamma']);
    expect(await found('snake', { severity: 'critical' })).toEqual([]);
  });
});

describe('total', () => {
  it('of a search is exact up to 1,000', async () => {
    const page = await kite.list({ namespace: crowded, search: 'needle in', limit: '3' });
    expect(page.total).toBe(1000);
    expect(page.totalIsLowerBound ?? false).toBe(false);
    expect(page.data).toHaveLength(3);
  });

  it('of a search beyond is 1,000, and says that it is a lower bound', async () => {
    const page = await kite.list({ namespace: crowded, search: 'needle', limit: '3' });
    expect(page).toMatchObject({ total: 1000, totalIsLowerBound: true });
  });

  it('without a search is exact at any size', async () => {
    const page = await kite.list({ namespace: crowded, limit: '1' });
    expect(page.total).toBe(1005);
    expect(page.totalIsLowerBound ?? false).toBe(false);
    const filtered = await kite.list({ namespace: crowded, severity: 'major', state: 'ACTIVE', limit: '1' });
    expect(filtered.total).toBe(1005);
  });

  it('does not depend on the page', async () => {
    const page = await kite.list({ namespace: crowded, offset: '1000', limit: '1000' });
    expect(page.total).toBe(1005);
    expect(page.data).toHaveLength(5);
  });
});
