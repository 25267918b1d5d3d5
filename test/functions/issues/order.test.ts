/** The order of the list and its pages: total, so that no page loses or repeats an issue, whatever happens in between. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Issue } from '../../../core/contract/issue.ts';
import { at, component, failing } from '../../support/bodies.ts';
import { expectError, type Query, useKite } from '../../support/kite.ts';

const kite = useKite();
const namespace = 'falcon-tenant';
const severities = ['info', 'minor', 'major', 'critical'];
const numbers = Array.from({ length: 60 }, (_, index) => index);

beforeAll(async () => {
  await kite.reports([
    // Groups of the same moment, severity and due date, so that every order has ties to break.
    ...numbers.map((number) =>
      failing(namespace, Math.floor(number / 7) * 60, {
        ...component(`component-${number}`),
        severity: severities[number % 4],
        ...(number % 3 === 0
          ? {}
          : { dueAt: `2099-01-${String(1 + (number % 5)).padStart(2, '0')}T00:00:00Z` }),
      }),
    ),
    ...numbers
      .filter((number) => number % 2 === 0)
      .map((number) =>
        failing(namespace, 3600 + (number % 8) * 60, {
          ...component(`component-${number}`),
          severity: severities[number % 4],
          ...(number % 3 === 0
            ? {}
            : { dueAt: `2099-01-${String(1 + (number % 5)).padStart(2, '0')}T00:00:00Z` }),
        }),
      ),
  ]);
});

/** All pages by their cursors; `between` happens after each of them. */
async function walk(
  query: Query,
  between: (page: number) => Promise<unknown> = async () => undefined,
): Promise<Issue[]> {
  const issues: Issue[] = [];
  let cursor: string | null = '';
  for (let page = 0; cursor !== null; page += 1) {
    expect(page).toBeLessThan(100);
    const read = await kite.list({ ...query, cursor });
    issues.push(...read.data);
    cursor = read.nextCursor;
    await between(page);
  }
  return issues;
}

/** What an issue sorts by: smaller comes first. */
const keys: Readonly<Record<string, (issue: Issue) => number>> = {
  detectedAt: (issue) => -Date.parse(issue.detectedAt),
  lastSeenAt: (issue) => -Date.parse(issue.lastSeenAt),
  severity: (issue) => -severities.indexOf(issue.severity),
  dueAt: (issue) => (issue.dueAt === null ? Number.POSITIVE_INFINITY : Date.parse(issue.dueAt)),
};

describe('GET /issues', () => {
  it('is newest detectedAt first when nothing is said', async () => {
    const byDefault = await kite.list({ namespace, limit: '1000' });
    expect(byDefault.data.map((issue) => issue.detectedAt)).toEqual(
      byDefault.data
        .map((issue) => issue.detectedAt)
        .sort()
        .reverse(),
    );
    expect(byDefault.data).toEqual((await kite.list({ namespace, limit: '1000', sort: 'detectedAt' })).data);
  });

  it.each(Object.keys(keys))(
    'sorts by %s: newest, most severe or due first, and what has none last',
    async (sort) => {
      const { data } = await kite.list({ namespace, sort, limit: '1000' });
      const order = data.map((issue) => keys[sort]?.(issue) ?? 0);
      expect(order).toEqual(order.toSorted((a, b) => (a === b ? 0 : a - b)));
      expect(new Set(data.map((issue) => issue.id)).size).toBe(60);
    },
  );

  it.each(Object.keys(keys))(
    'walks all pages of sort=%s by cursor without loss or repetition',
    async (sort) => {
      const whole = (await kite.list({ namespace, sort, limit: '1000' })).data.map((issue) => issue.id);
      for (const limit of ['4', '7', '59', '60']) {
        const walked = (await walk({ namespace, sort, limit })).map((issue) => issue.id);
        expect(walked).toEqual(whole);
      }
    },
  );

  it('walks the pages of a filter and of a search by cursor', async () => {
    for (const query of [
      { severity: 'major,critical' },
      { search: 'component-1' },
      { component: 'component-11' },
    ]) {
      const whole = (await kite.list({ namespace, ...query, limit: '1000' })).data;
      expect((await walk({ namespace, ...query, limit: '4' })).map((issue) => issue.id)).toEqual(
        whole.map((issue) => issue.id),
      );
    }
  });

  it('loses and repeats nothing while newer issues arrive between the pages', async () => {
    const arriving = 'arriving-tenant';
    await kite.reports(numbers.map((number) => failing(arriving, number, component(`old-${number}`))));
    const before = (await kite.list({ namespace: arriving, limit: '1000' })).data.map((issue) => issue.id);
    const walked = await walk({ namespace: arriving, limit: '9' }, async (page) => {
      await kite.statuses(
        failing(arriving, 1000 + page, component(`new-${page}`)),
        failing(arriving, -1000 - page, component(`late-${page}`)),
      );
    });
    const ids = walked.map((issue) => issue.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => before.includes(id))).toEqual(before);
  });

  it('keeps total and limit on every page, and ends with nextCursor null', async () => {
    const first = await kite.list({ namespace, limit: '50' });
    expect(first).toMatchObject({ total: 60, limit: 50, nextCursor: expect.any(String) });
    const second = await kite.list({ namespace, limit: '50', cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ total: 60, limit: 50, nextCursor: null });
    expect(second.data).toHaveLength(10);
    expect((await kite.list({ namespace: 'empty-tenant' })).nextCursor).toBeNull();
  });

  it('pages by offset as old clients do, in the same order', async () => {
    const whole = (await kite.list({ namespace, limit: '1000' })).data.map((issue) => issue.id);
    const paged: string[] = [];
    for (let offset = 0; offset < 60; offset += 25) {
      const page = await kite.list({ namespace, limit: '25', offset: String(offset) });
      expect(page).toMatchObject({ total: 60, limit: 25, offset });
      paged.push(...page.data.map((issue) => issue.id));
    }
    expect(paged).toEqual(whole);
  });

  it('refuses the cursor of one order in another, rather than answering a page of neither', async () => {
    const { nextCursor } = await kite.list({ namespace, sort: 'severity', limit: '5' });
    const answer = await kite.get('/issues/', {
      namespace,
      sort: 'dueAt',
      limit: '5',
      cursor: nextCursor ?? '',
    });
    expectError(answer, 400);
  });

  it('shows detectedAt as the beginning of the latest episode, not the last report', async () => {
    const [issue] = (await kite.list({ namespace, resourceName: 'component-0' })).data;
    expect(issue).toMatchObject({
      detectedAt: at(0),
      lastSeenAt: at(3600),
      firstSeenAt: at(0),
      occurrences: 2,
    });
  });
});
