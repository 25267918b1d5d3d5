/** Links: one a URL; the 50 newest that reports name, and beside them those that people added. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Issue } from '../../../core/contract/issue.ts';
import { at, freshNamespace, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, useKite, wholeIssue } from '../../support/kite.ts';

const kite = useKite();

function link(name: string, title = name) {
  return { title, url: `https://logs.example/${name}` };
}
function many(prefix: string, count: number) {
  return Array.from({ length: count }, (_, index) => link(`${prefix}${index}`));
}
async function reportAt(namespace: string, seconds: number, links: readonly object[]): Promise<Issue> {
  return kite.create(issueBody(namespace, { observedAt: at(seconds), links }));
}
async function add(id: string, body: object, headers = {}): Promise<Issue> {
  const linked = wholeIssue(bodyOf(await kite.post(`/issues/${id}/links`, body, { headers }), 201));
  expect(await kite.issue(id)).toEqual(linked);
  return linked;
}
function names(issue: Issue): readonly string[] {
  return issue.links.map(({ title, url }) => `${title} ${url.slice('https://logs.example/'.length)}`).sort();
}
function urls(issue: Issue): readonly string[] {
  return issue.links.map(({ url }) => url).sort();
}

describe('links of reports', () => {
  it('are one a URL, with the title of the newest report that names it', async () => {
    const namespace = freshNamespace();
    await reportAt(namespace, 60, [link('a', 'newer'), link('b')]);
    expect(names(await reportAt(namespace, 0, [link('a', 'older'), link('c')]))).toEqual([
      'b b',
      'c c',
      'newer a',
    ]);
    expect(names(await reportAt(namespace, 120, [link('a', 'newest')]))).toEqual(['b b', 'c c', 'newest a']);
  });

  it('of one report with the same URL twice are one', async () => {
    const issue = await reportAt(freshNamespace(), 0, [link('a', 'first'), link('a', 'second'), link('b')]);
    expect(urls(issue)).toEqual([link('a').url, link('b').url]);
  });

  it('are the 50 newest by the newest report that names them, in whatever order the reports came', async () => {
    const reports = [
      [0, many('old', 50)],
      [60, many('mid', 20)],
      [120, [link('old7')]],
      [180, many('new', 40)],
    ] as const;
    const expected = [...many('new', 40), link('old7')].map((one) => one.url);
    for (const order of [
      reports,
      reports.toReversed(),
      [2, 0, 3, 1].map((index) => reports[index] ?? reports[0]),
    ]) {
      const namespace = freshNamespace();
      const issues: Issue[] = [];
      for (const [seconds, links] of order) issues.push(await reportAt(namespace, seconds, links));
      const kept = urls(issues.at(-1) ?? (await reportAt(namespace, 0, [])));
      expect(kept).toHaveLength(50);
      expect(kept).toEqual(expect.arrayContaining(expected));
      expect(kept.filter((url) => !expected.includes(url)).every((url) => url.includes('/mid'))).toBe(true);
    }
  });

  it('stay when a report names none', async () => {
    const namespace = freshNamespace();
    await reportAt(namespace, 0, [link('a')]);
    expect(names(await reportAt(namespace, 60, []))).toEqual(['a a']);
  });

  it('come in the same order wherever the issue is read', async () => {
    const namespace = freshNamespace();
    const issue = await reportAt(namespace, 0, many('x', 10));
    expect((await kite.list({ namespace })).data[0]?.links).toEqual(issue.links);
  });
});

describe('POST /issues/:id/links', () => {
  it('answers 201 with the whole issue, the link beside those of reports', async () => {
    const namespace = freshNamespace();
    const { id } = await reportAt(namespace, 0, [link('a')]);
    const linked = await add(id, link('ticket'));
    expect(names(linked)).toEqual(['a a', 'ticket ticket']);
    expect(linked).toMatchObject({ state: 'ACTIVE', occurrences: 1 });
  });

  it('keeps the link beside fifty newer ones of reports', async () => {
    const namespace = freshNamespace();
    const { id } = await reportAt(namespace, 0, many('a', 50));
    await add(id, link('ticket'));
    const later = await reportAt(namespace, 60, many('b', 50));
    expect(later.links).toHaveLength(51);
    expect(urls(later)).toContain(link('ticket').url);
    expect(urls(later)).not.toContain(link('a0').url);
  });

  it('with a URL that is there already is still one, with the title of the person', async () => {
    const namespace = freshNamespace();
    const { id } = await reportAt(namespace, 0, [link('a', 'reported')]);
    expect(names(await add(id, link('a', 'mine')))).toEqual(['mine a']);
    expect(names(await add(id, link('a', 'mine now')))).toEqual(['mine now a']);
    expect(names(await reportAt(namespace, 60, [link('a', 'reported again')]))).toEqual(['mine now a']);
  });

  it('keeps what a person added of an issue whose reports have pushed the same URL out', async () => {
    const namespace = freshNamespace();
    const { id } = await reportAt(namespace, 0, [link('a', 'reported')]);
    await add(id, link('a', 'mine'));
    for (let round = 1; round <= 4; round += 1) await reportAt(namespace, round * 60, many(`r${round}-`, 50));
    const issue = await kite.issue(id);
    expect(issue.links).toHaveLength(51);
    expect(names(issue)).toContain('mine a');
  });

  it('with the same Idempotency-Key adds once', async () => {
    const { id } = await reportAt(freshNamespace(), 0, []);
    const headers = { 'idempotency-key': 'press-1' };
    await add(id, link('a', 'first'), headers);
    await add(id, link('a', 'renamed'));
    expect(names(await add(id, link('a', 'first'), headers))).toEqual(['renamed a']);
  });

  it('holds a bounded number of them: beyond it answers 409 and adds nothing', async () => {
    const { id } = await reportAt(freshNamespace(), 0, []);
    wholeIssue(bodyOf(await kite.ask('PUT', `/issues/${id}`, { body: { links: many('p', 50) } }), 200));
    expectError(await kite.post(`/issues/${id}/links`, link('one-more')), 409);
    expect((await kite.issue(id)).links).toHaveLength(50);
    // One that it holds already may be renamed all the same.
    expect(names(await add(id, link('p7', 'renamed')))).toContain('renamed p7');
  });

  it.each([
    'javascript:alert(1)',
    'ftp://files.example/1',
    '//logs.example/1',
    '/relative',
    'logs.example',
    'https://',
    'https://logs.example/with space',
    'data:text/html,x',
    ' https://logs.example/1',
    '',
  ])('refuses %j as a URL, with 400', async (url) => {
    const { id } = await reportAt(freshNamespace(), 0, []);
    expectError(await kite.post(`/issues/${id}/links`, { title: 'Logs', url }), 400);
    expectError(await kite.post('/issues/', issueBody('any', { links: [{ title: 'Logs', url }] })), 400);
    expect((await kite.issue(id)).links).toEqual([]);
  });

  it('is refused with 403 for another namespace and with 404 for no issue', async () => {
    const { id } = await reportAt(freshNamespace(), 0, []);
    expectError(await kite.post(`/issues/${id}/links`, link('a'), { query: { namespace: 'other' } }), 403);
    expectError(await kite.post(`/issues/${randomUUID()}/links`, link('a')), 404);
    expect((await kite.issue(id)).links).toEqual([]);
  });
});
