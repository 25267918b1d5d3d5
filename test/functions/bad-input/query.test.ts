/** Query parameters: what is not of the documented form is refused with 400 and named, what is not known or empty is ignored. */
import { beforeAll, describe, expect, it } from 'vitest';
import { component, failing, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, type Query, useKite } from '../../support/kite.ts';

const kite = useKite();
const namespace = 'checkout-tenant';
let id: string;

beforeAll(async () => {
  id = (await kite.create(issueBody(namespace))).id;
  await kite.statuses(failing(namespace, 0, component('cart')), failing(namespace, 60, component('web')));
});

/** Expects 400 whose details name the parameter. */
async function expectRefused(path: string, name: string, query: Query): Promise<void> {
  const error = expectError(await kite.get(path, query), 400);
  expect(
    error.details?.map((problem) => problem.path.replace(/^query\./, '')).join(),
    JSON.stringify(query),
  ).toContain(name);
}

const numbers = [
  '-1',
  '1.5',
  'abc',
  '1e3',
  '0x10',
  '1 2',
  '99999999999999999999',
  'NaN',
  'Infinity',
  '١',
  '1;2',
];

describe('GET /issues', () => {
  it.each([...numbers, '1001', '1000000'])('refuses the limit %s', async (limit) => {
    await expectRefused('/issues/', 'limit', { namespace, limit });
  });

  it.each([...numbers])('refuses the offset %s', async (offset) => {
    await expectRefused('/issues/', 'offset', { namespace, offset });
  });

  it('takes a limit of 1000, the cap, and an offset beyond the end', async () => {
    expect(await kite.list({ namespace, limit: '1000' })).toMatchObject({ limit: 1000, total: 3 });
    expect(await kite.list({ namespace, offset: '100' })).toMatchObject({ offset: 100, total: 3, data: [] });
  });

  it.each([
    ['severity', 'medium'],
    ['severity', 'major,bogus'],
    ['severity', "major' or '1'='1"],
    ['issueType', 'bogus'],
    ['state', 'active'],
    ['state', 'OPEN'],
    ['lifecycle', 'staging'],
    ['sort', 'title'],
    ['sort', 'detectedAt; drop table issues'],
    ['dueBefore', 'yesterday'],
    ['dueBefore', '2026-02-30T00:00:00Z'],
    ['updatedSince', '99999-01-01T00:00:00Z'],
    ['updatedSince', '1767225600'],
    ['idPrefix', '0123456'],
    ['idPrefix', 'not-hexadecimal'],
    ['idPrefix', "01234567' or '1'='1"],
    ['label', 'without-a-value'],
    ['label', '=x'],
    ['cursor', 'not a cursor'],
    ['cursor', 'abc'],
    ['cursor', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['cursor', 'eyJhIjoxfQ'],
    ['cursor', 'bnVsbA'],
    ['cursor', 'x'.repeat(10_000)],
    ['search', 'a\u0000b'],
    ['search', 'x'.repeat(10_000)],
    ['namespace', 'a\u0000b'],
    ['namespace', 'x'.repeat(10_000)],
    ['resourceName', 'x'.repeat(10_000)],
    ['pipelineRun', 'a\u0000b'],
  ])('refuses %s "%s"', async (name, value) => {
    await expectRefused('/issues/', name, { namespace, [name]: value });
  });

  it('refuses a parameter that may be given once and is given twice, even with the same value', async () => {
    for (const name of [
      'limit',
      'offset',
      'search',
      'resourceType',
      'resourceName',
      'sort',
      'namespace',
      'lifecycle',
    ]) {
      const value = { limit: '1', offset: '1', sort: 'severity', lifecycle: 'production' }[name] ?? 'x';
      await expectRefused('/issues/', name, {
        ...(name !== 'namespace' && { namespace }),
        [name]: [value, value],
      });
    }
  });

  it('refuses bytes that are not UTF-8 and broken escapes, or takes them as text, but never fails on them', async () => {
    for (const raw of [
      'search=%ED%A0%80',
      'search=%FF',
      'search=%',
      'search=%zz',
      'search=%E0%A4%A',
      '%FF=1',
      '&&==&=',
    ]) {
      const answer = await kite.get(`/issues/?namespace=${namespace}&${raw}`);
      expect([200, 400], answer.text).toContain(answer.status);
    }
  });

  it('ignores parameters that it does not know', async () => {
    const known = await kite.list({ namespace });
    expect(await kite.list({ namespace, page: '2', Severity: 'bogus', _: '1', order: ['a', 'b'] })).toEqual(
      known,
    );
  });

  it('takes every empty parameter as absent', async () => {
    const names = [
      ...[
        'severity',
        'issueType',
        'state',
        'resourceType',
        'resourceName',
        'search',
        'limit',
        'offset',
        'cursor',
      ],
      ...['cluster', 'application', 'component', 'pipelineRun', 'idPrefix', 'label', 'lifecycle', 'origin'],
      ...['dueBefore', 'updatedSince', 'sort'],
    ];
    const all = await kite.list({ namespace });
    for (const name of names) {
      expect(await kite.list({ namespace, [name]: '' })).toEqual(all);
    }
    expect(await kite.list({ namespace, ...Object.fromEntries(names.map((name) => [name, ''])) })).toEqual(
      all,
    );
  });

  it('names every wrong parameter at once', async () => {
    const query = { namespace, limit: '-1', offset: 'x', severity: 'bogus', sort: 'x' };
    const error = expectError(await kite.get('/issues/', query), 400);
    const named = error.details?.map((problem) => problem.path).join() ?? '';
    for (const name of ['limit', 'offset', 'severity', 'sort']) expect(named).toContain(name);
  });

  it('needs a namespace, and an empty one is none', async () => {
    for (const query of [{}, { namespace: '' }, { state: 'ACTIVE' }]) {
      await expectRefused('/issues/', 'namespace', query);
    }
  });
});

describe('GET /issues/:id/events', () => {
  it.each([...numbers, '1001'])('refuses the limit %s', async (limit) => {
    await expectRefused(`/issues/${id}/events`, 'limit', { limit });
  });

  it.each(['not a cursor', 'abc', 'eyJhIjoxfQ', 'bnVsbA', 'x'.repeat(10_000)])(
    'refuses the cursor %s',
    async (cursor) => {
      await expectRefused(`/issues/${id}/events`, 'cursor', { cursor });
    },
  );
});

describe('an empty namespace in the query of any other operation', () => {
  it('counts as absent', async () => {
    bodyOf(await kite.get(`/issues/${id}?namespace=`), 200);
    bodyOf(await kite.post('/issues/?namespace=', issueBody(namespace)), 201);
    bodyOf(await kite.ask('POST', `/issues/${id}/resolve/?namespace=`), 200);
  });
});
