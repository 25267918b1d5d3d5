import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { deriveIssue, distinctReports } from '../../core/domain/derive.ts';
import type { Identity, Report } from '../../core/domain/report.ts';
import { historyOf, reportOf } from '../support/histories.ts';
import { call } from '../support/http.ts';
import { compare } from '../support/model.ts';
import { startServer, type TestServer } from '../support/server.ts';

// Many cases, on a machine that may be busy: the time says nothing, the cases do.
vi.setConfig({ testTimeout: 240_000 });

const base = Math.floor(Date.now() / 60_000) * 60_000 - 86_400_000;
const writers = 16;
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

function anIdentity(): Identity {
  return {
    cluster: 'local',
    namespace: 'team-a',
    scope: { resourceType: 'snapshot', resourceName: randomUUID(), resourceNamespace: 'team-a' },
    issueType: 'test',
  };
}

/** The report as a program would send it. */
function asJson(report: Report): Record<string, unknown> {
  const iso = (time: number | null) => (time === null ? undefined : new Date(time).toISOString());
  const { identity, failure } = report;
  return {
    cluster: identity.cluster,
    namespace: identity.namespace,
    scope: identity.scope,
    issueType: identity.issueType,
    outcome: report.outcome,
    observedAt: iso(report.observedAt),
    subjectCreatedAt: iso(report.subjectCreatedAt),
    source: report.source,
    eventId: report.eventId,
    run: report.run,
    labels: report.labels,
    ...(failure === null
      ? {}
      : {
          title: failure.title,
          description: failure.description,
          severity: failure.severity,
          links: failure.links,
          dueAt: iso(failure.dueAt),
        }),
  };
}

async function post(reports: readonly Report[]): Promise<void> {
  const answer = await call(server.url, 'POST', '/api/v1/reports', {
    body: { reports: reports.map(asJson) },
  });
  expect(answer.status).toBe(200);
  const { results } = answer.body as { results: { status: string }[] };
  expect(results.map((result) => result.status)).not.toContain('rejected');
}

/** Sends each batch from the next of `many` callers that is free. */
async function sendWith(many: number, batches: readonly (readonly Report[])[]): Promise<void> {
  const queue = [...batches];
  await Promise.all(
    Array.from({ length: many }, async () => {
      for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
        await post(batch);
      }
    }),
  );
}

const cut = (stream: readonly Report[], size: number): Report[][] =>
  Array.from({ length: Math.ceil(stream.length / size) }, (_, n) => stream.slice(n * size, (n + 1) * size));

describe('through HTTP, on a real Postgres, the row is what its reports add up to', () => {
  test('300 histories, one caller, any order, any batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        historyOf(reportOf(anIdentity(), base), 10),
        fc.integer({ min: 1, max: 6 }),
        async (stream, size) => {
          const identity = anIdentity();
          const own = stream.map((report) => ({ ...report, identity }));
          await sendWith(1, cut(own, size));
          const { row, model } = await compare(server.database.sql, identity);
          expect(row).toEqual(model);
          expect(row).toEqual(deriveIssue(distinctReports(own), null));
        },
      ),
      { numRuns: 300 },
    );
  });

  test(`60 histories, ${writers} callers at once: whoever comes first, the row is the history's`, async () => {
    await fc.assert(
      fc.asyncProperty(
        historyOf(reportOf(anIdentity(), base), 48),
        fc.integer({ min: 1, max: 3 }),
        async (stream, size) => {
          const identity = anIdentity();
          const said = distinctReports(stream.map((report) => ({ ...report, identity })));
          // Each report twice, with the same words: a retry must not count, wherever it comes in between.
          await sendWith(writers, cut([...said, ...said.toReversed()], size));
          const { row, model, history } = await compare(server.database.sql, identity);
          expect(history).toHaveLength(said.length);
          expect(row).toEqual(model);
          expect(row).toEqual(deriveIssue(said, null));
        },
      ),
      { numRuns: 60 },
    );
  });

  test(`${writers} writers fight fail and pass on 20 keys: the rows equal the model's, nobody sees a deadlock`, async () => {
    const identities = Array.from({ length: 20 }, anIdentity);
    const sent = new Map(identities.map((identity) => [identity, [] as Report[]]));
    let serial = 0;
    const report = (identity: Identity): Report => {
      serial += 1;
      const failing = (serial * 7919) % 3 !== 0;
      const made: Report = {
        identity,
        outcome: failing ? 'failing' : 'passing',
        observedAt: base + ((serial * 104_729) % 90_000),
        subjectCreatedAt: null,
        source: 'ci',
        eventId: `e-${serial}`,
        anonymous: false,
        run: null,
        labels: {},
        failure: failing
          ? { title: `t-${serial}`, description: 'd', severity: 'major', links: [], dueAt: null }
          : null,
        actor: null,
      };
      sent.get(identity)?.push(made);
      return made;
    };
    // Every batch touches many keys, in an order of its own.
    const batches = Array.from({ length: 160 }, (_, n) =>
      Array.from({ length: 12 }, (_, m) =>
        report(identities[(n * 13 + m * (n % 2 === 0 ? 3 : 17)) % 20] ?? anIdentity()),
      ),
    );
    await sendWith(writers, batches);
    for (const [identity, reports] of sent) {
      const { row, model } = await compare(server.database.sql, identity);
      expect(row).toEqual(model);
      expect(row).toEqual(deriveIssue(reports, null));
    }
  });

  test('people resolving, reopening and editing among reports: the row is still what the history says', async () => {
    for (let round = 0; round < 12; round += 1) {
      const identity = anIdentity();
      const [first] = fc.sample(
        reportOf(identity, base).filter((report) => report.outcome === 'failing'),
        1,
      );
      const stream = fc.sample(reportOf(identity, base), 24);
      await post(first === undefined ? [] : [first]);
      const id = await idOf(identity);
      const act = (path: string, method = 'POST', body?: unknown) =>
        call(server.url, method, `/api/v1/issues/${id}${path}`, body === undefined ? {} : { body });
      const acts = [
        () => act('/resolve'),
        () => act('/reopen'),
        () => act('', 'PUT', { title: `edited ${round}`, state: 'RESOLVED' }),
        () => act('/resolve'),
        () => act('', 'PUT', { severity: 'info', dueAt: null }),
        ...Array.from(
          { length: 6 },
          (_, n) => () => act('', 'PUT', { title: `title ${n}`, labels: { n: `${n}` } }),
        ),
      ];
      const answers = await Promise.all([
        sendWith(4, cut(distinctReports(stream), 2)),
        ...acts.map(async (run) => expect((await run()).status).toBe(200)),
      ]);
      expect(answers).toHaveLength(1 + acts.length);
      const { row, model } = await compare(server.database.sql, identity);
      expect(row).toEqual(model);
    }
  });
});

async function idOf(identity: Identity): Promise<string> {
  const answer = await call(server.url, 'GET', '/api/v1/issues', {
    query: { namespace: identity.namespace, resourceName: identity.scope.resourceName },
  });
  const { data } = answer.body as { data: { id: string }[] };
  return data[0]?.id ?? '';
}
