/** An issue of one namespace never shows what is in another, and null says no more than nothing. */
import { expect, test } from 'vitest';
import { freshNamespace, issueBody } from '../../support/bodies.ts';
import { expectError, useKite } from '../../support/kite.ts';
import { runsFunctions } from '../../support/server.ts';

const kite = useKite();

test.skipIf(runsFunctions)(
  'issues of two namespaces are not related, whether or not the query names one',
  async () => {
    const [one, other] = [freshNamespace(), freshNamespace()];
    const mine = await kite.create(issueBody(one));
    const foreign = await kite.create(issueBody(other));
    for (const query of [{}, { namespace: one }, { namespace: other }]) {
      const answer = await kite.post(`/issues/${mine.id}/related`, { relatedId: foreign.id }, { query });
      expect(expectError(answer, 403).code).toBe('namespace_mismatch');
    }
    expect((await kite.issue(mine.id)).relatedFrom).toEqual([]);
  },
);

test('PUT with links null leaves the links as they are, an empty list takes a person’s links away', async () => {
  const issue = await kite.create(issueBody(freshNamespace()));
  const put = (links: unknown) => kite.ask('PUT', `/issues/${issue.id}`, { body: { links } });
  await put([{ title: 'log', url: 'https://ci.example/1' }]);
  expect((await put(null)).body).toMatchObject({ links: [{ url: 'https://ci.example/1' }] });
  expect((await put([])).body).toMatchObject({ links: [] });
});

test('a compressed body is refused by name', async () => {
  const answer = await kite.post('/issues', issueBody(freshNamespace()), {
    headers: { 'Content-Encoding': 'gzip' },
  });
  expect(expectError(answer, 415).message).toContain('Content-Encoding');
});

test('a batch entry without an outcome names all that is missing', async () => {
  const [result] = await kite.reports([{}]);
  const paths = result?.error?.details?.map((problem) => problem.path);
  expect(paths).toEqual(
    expect.arrayContaining(['body.reports.0.outcome', 'body.reports.0.namespace', 'body.reports.0.scope']),
  );
});
