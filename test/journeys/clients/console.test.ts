/**
 * The Konflux console's Issues page: read only, from a browser, behind a proxy that strips
 * `/api/k8s/plugins/kite`. Requests as the console writes them: trailing slashes and all.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { issuePage } from '../../../core/contract/list.ts';
import { at, component, failing, passing } from '../../support/bodies.ts';
import { type Answer, bodyOf, useKite, wholeIssue } from '../../support/kite.ts';

const kite = useKite();
const namespace = 'checkout-tenant';
/** What the proxy in front sends along. */
const headers = {
  authorization: 'Bearer the.proxys.token',
  'impersonate-user': 'jo@example.com',
  'impersonate-group': 'system:authenticated',
  accept: 'application/json',
};

/** The path and query exactly as given, encoded by the caller. */
function browse(pathAndQuery: string): Promise<Answer> {
  return kite.ask('GET', pathAndQuery, { headers });
}

async function page(query: string) {
  const answer = await browse(`/issues/?${query}`);
  const read = issuePage.parse(bodyOf(answer, 200));
  read.data.forEach(wholeIssue);
  return read;
}

beforeAll(async () => {
  const issues = [
    ['api', 'critical', 'build'],
    ['web', 'major', 'build'],
    ['worker', 'major', 'test'],
    ['ledger', 'minor', 'release'],
    ['search', 'info', 'dependency'],
    ['mailer', 'major', 'pipeline'],
  ] as const;
  const reports = issues.map(([name, severity, issueType], index) =>
    failing(namespace, index * 60, {
      severity,
      issueType,
      ...component(name),
      links: [{ title: 'Logs', url: `https://logs.example/${name}` }],
    }),
  );
  const solved = { ...component('mailer'), issueType: 'pipeline' };
  await kite.reports([
    ...reports,
    passing(namespace, 600, solved),
    failing('other-tenant', 0, { severity: 'critical', ...component('api') }),
  ]);
  const [first, second] = (await kite.list({ namespace, sort: 'detectedAt' })).data;
  await kite.post(`/issues/${first?.id}/related`, { relatedId: second?.id });
});

describe('the console', () => {
  it('finds the health check up, which decides whether the Issues page exists', async () => {
    const body = bodyOf(await browse('/health/'), 200);
    expect(body).toEqual({
      status: 'UP',
      message: expect.any(String),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      components: {
        api: { status: 'UP', message: expect.any(String), details: { version: expect.any(String) } },
        database: {
          status: 'UP',
          message: expect.any(String),
          details: {
            connection_status: expect.any(String),
            response_time_seconds: expect.any(Number),
            open_connections: expect.any(Number),
            idle_connections: expect.any(Number),
            max_open_connections: expect.any(Number),
          },
        },
        response_time: {
          status: 'UP',
          message: expect.any(String),
          details: { duration_seconds: expect.any(Number) },
        },
      },
    });
  });

  it('reads the version without a token', async () => {
    expect(bodyOf(await kite.get('/version/'), 200)).toEqual({
      version: expect.any(String),
      name: expect.any(String),
      description: expect.any(String),
    });
  });

  it.each([
    ['critical', 1],
    ['major', 3],
    ['minor', 1],
    ['info', 1],
  ])('counts the issues of severity %s by total alone, whatever the limit', async (severity, total) => {
    const read = await page(`severity=${severity}&namespace=${namespace}&limit=1`);
    expect(read).toMatchObject({ total, limit: 1, offset: 0 });
    expect(read.data).toHaveLength(1);
  });

  it.each([
    ['build', 2],
    ['test', 1],
    ['release', 1],
    ['dependency', 1],
    ['pipeline', 1],
  ])('counts the issues of type %s by total alone, active and resolved', async (issueType, total) => {
    expect((await page(`issueType=${issueType}&namespace=${namespace}&limit=1`)).total).toBe(total);
  });

  it('gets every issue of the namespace and of no other when it gives no limit, 50 at most', async () => {
    const read = await page(`namespace=${namespace}`);
    expect(read).toMatchObject({ total: 6, limit: 50, offset: 0 });
    expect(new Set(read.data.map((issue) => issue.namespace))).toEqual(new Set([namespace]));
  });

  it('shows the active issues newest first', async () => {
    const read = await page(`namespace=${namespace}&state=ACTIVE&limit=10`);
    expect(read.data.map((issue) => issue.scope.resourceName)).toEqual([
      'search',
      'ledger',
      'worker',
      'web',
      'api',
    ]);
    expect(read.data.map((issue) => issue.detectedAt)).toEqual([240, 180, 120, 60, 0].map(at));
    expect(read).toMatchObject({ total: 5, limit: 10 });
  });

  it.each([
    ['critical', 1],
    ['major', 2],
  ])('colours the badge by whether an active %s issue exists', async (severity, total) => {
    expect((await page(`namespace=${namespace}&severity=${severity}&state=ACTIVE&limit=1`)).total).toBe(
      total,
    );
  });

  it('takes parameters that it left empty as absent', async () => {
    const query = `namespace=${namespace}&severity=&issueType=&state=&resourceType=&resourceName=&search=&limit=&offset=`;
    expect(await page(query)).toEqual(await page(`namespace=${namespace}`));
  });

  it('pages by limit and offset without loss or repetition', async () => {
    const pages = await Promise.all(
      [0, 2, 4, 6].map((offset) => page(`namespace=${namespace}&limit=2&offset=${offset}`)),
    );
    const ids = pages.flatMap((read) => read.data.map((issue) => issue.id));
    expect(ids).toEqual((await page(`namespace=${namespace}`)).data.map((issue) => issue.id));
    expect(pages.map((read) => [read.offset, read.limit, read.total])).toEqual([
      [0, 2, 6],
      [2, 2, 6],
      [4, 2, 6],
      [6, 2, 6],
    ]);
  });

  it('filters by scope and searches title and description in any case', async () => {
    const one = await page(`namespace=${namespace}&resourceType=component&resourceName=ledger`);
    expect(one.data.map((issue) => issue.severity)).toEqual(['minor']);
    expect((await page(`namespace=${namespace}&search=BUILD%20of%20CHECKOUT`)).total).toBe(6);
    expect((await page(`namespace=${namespace}&search=BUILD-container`)).total).toBe(6);
    expect((await page(`namespace=${namespace}&search=nowhere`)).total).toBe(0);
  });

  it('never meets an issue without scope, links or relations, in the list or by id', async () => {
    const { data } = await page(`namespace=${namespace}&search=&limit=50`);
    for (const listed of data) {
      const read = bodyOf(await browse(`/issues/${listed.id}/?namespace=${namespace}`), 200);
      for (const issue of [listed, read]) {
        expect(issue).toMatchObject({
          scope: { id: expect.any(String), resourceType: 'component', resourceNamespace: namespace },
          links: [{ id: expect.any(String), title: 'Logs', url: expect.any(String), issueId: listed.id }],
          relatedFrom: expect.any(Array),
          relatedTo: expect.any(Array),
        });
      }
    }
  });

  it('sees a relation from both of its ends, each with the other issue and its scope', async () => {
    const { data } = await page(`namespace=${namespace}`);
    const [source, target] = data;
    const names = { source: source?.scope.resourceName, target: target?.scope.resourceName };
    expect(source?.relatedFrom).toMatchObject([
      { sourceId: source?.id, targetId: target?.id, target: { scope: { resourceName: names.target } } },
    ]);
    expect(source?.relatedTo).toEqual([]);
    expect(target?.relatedTo).toMatchObject([
      { sourceId: source?.id, targetId: target?.id, source: { scope: { resourceName: names.source } } },
    ]);
    expect(target?.relatedFrom).toEqual([]);
  });

  it('reads a sentence in message where it may not look: on 403 it reads nothing else', async () => {
    const [issue] = (await page(`namespace=${namespace}&limit=1`)).data;
    const answer = await browse(`/issues/${issue?.id}/?namespace=other-tenant`);
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({
      error: expect.stringMatching(/\S/),
      message: expect.stringMatching(/\S/),
    });
  });
});
