/** What is purged while a report is being applied takes nothing with it. */
import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { endsOf } from '../../../core/domain/identity.ts';
import type { Identity, Report } from '../../../core/domain/report.ts';
import { connect, type Database } from '../../../db/client.ts';
import { dropHistory } from '../../../db/history/drop.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import { horizonOf } from '../../../db/history/quarters.ts';
import { applyReports } from '../../../db/reports/apply.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const day = 86_400_000;
const days = 180;
const start = Date.UTC(2026, 7, 15);
const later = start + 400 * day;
/** Of the advisory lock that a purge waits for, between its look at the database and its first deletion. */
const gate = 4711;
let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = connect(own.url, { connections: 4, timeout: 20_000 });
  await ensureHistory(database.sql, start, days);
  await ensureHistory(database.sql, later, days);
  await own.sql.unsafe(`
    create function wait_at_gate() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${gate});
      return null;
    end
    $$;
    create trigger purge_waits before delete on issues for each statement execute function wait_at_gate();`);
});
afterAll(async () => {
  await database?.close();
  await own?.drop();
});

function report(identity: Identity, outcome: Report['outcome'], observedAt: number): Report {
  const failure = { title: 't', description: 'd', severity: 'major' as const, links: [], dueAt: null };
  return {
    ...{ identity, outcome, observedAt, subjectCreatedAt: null, source: 'ci', eventId: randomUUID() },
    ...{ anonymous: false, run: null, labels: {}, actor: null },
    failure: outcome === 'passing' ? null : failure,
  };
}

async function apply(now: number, ...reports: Report[]): Promise<readonly string[]> {
  const options = { now, horizon: horizonOf(now, days), newId: randomUUID, whole: false };
  return (await applyReports(database.sql, reports, options)).map(({ status }) => status);
}

async function isWaiting(sql: postgres.Sql): Promise<boolean> {
  const rows =
    await sql`select from pg_locks where locktype = 'advisory' and objid = ${gate} and not granted`;
  return rows.length === 1;
}

test('a pipeline that is purged while the first issue that waits for it is made still ends its runs', async () => {
  const issue: Identity = {
    cluster: 'c',
    namespace: 'ns',
    scope: { resourceType: 'mintmaker-error', resourceName: 'renovate', resourceNamespace: 'ns' },
    issueType: 'dependency',
  };
  const pipeline = endsOf(issue) ?? issue;
  const rows = () => own.sql<{ type: string; state: string | null }[]>`
    select resource_type as type, state from issues where resource_name = 'renovate' order by 1`;
  expect(await apply(start, report(pipeline, 'passing', start))).toEqual(['recorded']);

  const holder = await own.sql.reserve();
  await holder`select pg_advisory_lock(${gate})`;
  const purged = dropHistory(database.sql, later, days);
  await vi.waitUntil(() => isWaiting(own.sql), { timeout: 10_000 });
  expect(await apply(later, report(issue, 'failing', later))).toEqual(['opened']);
  await holder`select pg_advisory_unlock(${gate})`;
  holder.release();
  await purged;
  expect(await rows()).toEqual([{ type: 'mintmaker-error', state: 'ACTIVE' }]);

  await apply(later, report(pipeline, 'passing', later + 1));
  expect((await rows())[0]?.state).toBe('ACTIVE');
  await apply(later, report(pipeline, 'passing', later + 2));
  expect((await rows())[0]?.state).toBe('RESOLVED');
});
