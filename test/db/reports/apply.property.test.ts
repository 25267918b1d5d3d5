import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { deriveIssue, distinctReports } from '../../../core/domain/derive.ts';
import { endsOf } from '../../../core/domain/identity.ts';
import { orderKey } from '../../../core/domain/order.ts';
import type { Identity, Report } from '../../../core/domain/report.ts';
import { connect, type Database } from '../../../db/client.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import { applyReports } from '../../../db/reports/apply.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { cutInto, endOf, historyOf, reportOf } from '../../support/histories.ts';
import { compare } from '../../support/model.ts';

// Many cases, on a machine that may be busy: the time says nothing, the cases do.
vi.setConfig({ testTimeout: 240_000 });

const base = Math.floor(Date.now() / 60_000) * 60_000 - 86_400_000;
let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connect(testDatabase.url, { connections: 8, timeout: 10_000 });
  await ensureHistory(database.sql, Date.now(), 180);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

let serial = 0;
function anIdentity(mintmaker: boolean): Identity {
  serial += 1;
  return {
    cluster: 'c',
    namespace: `ns-${serial % 7}`,
    scope: {
      resourceType: mintmaker ? 'mintmaker-error' : 'component',
      resourceName: `thing-${serial}`,
      resourceNamespace: 'ns',
    },
    issueType: mintmaker ? 'dependency' : 'build',
  };
}

async function apply(reports: readonly Report[]): Promise<void> {
  await applyReports(database.sql, reports, { now: Date.now(), horizon: 0, newId: randomUUID, whole: false });
}

describe('the row of an issue is what its reports add up to', () => {
  test('in any order, with any repetition, in any batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .constant(null)
          .map(() => anIdentity(false))
          .chain((identity) =>
            historyOf(reportOf(identity, base), 14).chain((stream) =>
              fc
                .shuffledSubarray([...stream], { minLength: stream.length })
                .chain((shuffled) => cutInto(shuffled, 5).map((batches) => ({ identity, batches }))),
            ),
          ),
        async ({ identity, batches }) => {
          const fresh = { ...identity, scope: { ...identity.scope, resourceName: randomUUID() } };
          const own = batches.map((batch) => batch.map((report) => ({ ...report, identity: fresh })));
          for (const batch of own) {
            await apply(batch);
          }
          const { row, model, history } = await compare(database.sql, fresh);
          const said = distinctReports(own.flat());
          expect(history).toHaveLength(said.length);
          expect(row).toEqual(model);
          expect(row).toEqual(withLabels(deriveIssue(said, null), fresh));
        },
      ),
      { numRuns: 600 },
    );
  });

  test('one by one, in order but for a few that come late: the short way gives the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        historyOf(reportOf(anIdentity(false), base), 16),
        fc.array(fc.nat({ max: 15 }), { maxLength: 2 }),
        async (stream, late) => {
          const fresh = {
            ...anIdentity(false),
            scope: { ...anIdentity(false).scope, resourceName: randomUUID() },
          };
          const own = stream
            .map((report) => ({ ...report, identity: fresh }))
            .sort((a, b) => orderKey(a).compare(orderKey(b)));
          for (const from of late) {
            own.push(...own.splice(from % own.length, 1));
          }
          for (const report of own) {
            await apply([report]);
          }
          const { row, model } = await compare(database.sql, fresh);
          expect(row).toEqual(model);
          expect(row).toEqual(withLabels(deriveIssue(distinctReports(own), null), fresh));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('for MintMaker, whose runs end in reports on their pipeline, each kind of log for itself', async () => {
    const error = anIdentity(true);
    const warning = { ...error, scope: { ...error.scope, resourceType: 'mintmaker-warning' } };
    const pipeline = endsOf(error) ?? error;
    await fc.assert(
      fc.asyncProperty(
        fc
          .tuple(
            historyOf(reportOf(error, base), 5),
            historyOf(reportOf(warning, base), 4),
            historyOf(endOf(pipeline, base), 9),
          )
          .chain((streams) => {
            const all = streams.flat();
            return fc
              .shuffledSubarray([...all], { minLength: all.length })
              .chain((shuffled) => cutInto(shuffled, 4));
          }),
        async (batches) => {
          const name = randomUUID();
          const own = batches.map((batch) =>
            batch.map((report) => ({
              ...report,
              identity: { ...report.identity, scope: { ...report.identity.scope, resourceName: name } },
            })),
          );
          for (const batch of own) {
            await apply(batch);
          }
          const said = (kind: string) =>
            distinctReports(own.flat().filter((report) => report.identity.scope.resourceType === kind));
          const ends = said('pipelinerun');
          for (const mine of [said('mintmaker-error'), said('mintmaker-warning')]) {
            const [first] = mine;
            if (first !== undefined) {
              const { row, model } = await compare(database.sql, first.identity);
              expect(row).toEqual(model);
              expect(row).toEqual(deriveIssue(mine, ends));
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

function withLabels(
  issue: ReturnType<typeof deriveIssue>,
  identity: Identity,
): ReturnType<typeof deriveIssue> {
  return issue === null
    ? null
    : { ...issue, labels: { ...issue.labels, component: identity.scope.resourceName } };
}
