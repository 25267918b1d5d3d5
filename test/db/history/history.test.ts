import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveIssue } from '../../../core/domain/derive.ts';
import { endsOf } from '../../../core/domain/identity.ts';
import type { Identity, Report } from '../../../core/domain/report.ts';
import { connect, type Database } from '../../../db/client.ts';
import { dropHistory } from '../../../db/history/drop.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import { horizonOf } from '../../../db/history/quarters.ts';
import { deleteIssue } from '../../../db/issues/delete.ts';
import { resolveIssue } from '../../../db/issues/resolve.ts';
import { applyReports } from '../../../db/reports/apply.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { compare } from '../../support/model.ts';

const day = 86_400_000;
const days = 180;
/** A moment in the middle of a quarter; time goes on from here by hand. */
const start = Date.UTC(2026, 7, 15);
let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connect(testDatabase.url, { connections: 4, timeout: 10_000 });
  await ensureHistory(database.sql, start, days);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

function anIdentity(): Identity {
  return {
    cluster: 'c',
    namespace: 'ns',
    scope: { resourceType: 'snapshot', resourceName: randomUUID(), resourceNamespace: 'ns' },
    issueType: 'test',
  };
}

function report(
  identity: Identity,
  outcome: Report['outcome'],
  observedAt: number,
  eventId: string = randomUUID(),
): Report {
  return {
    identity,
    outcome,
    observedAt,
    subjectCreatedAt: null,
    source: 'ci',
    eventId,
    anonymous: false,
    run: null,
    labels: {},
    failure:
      outcome === 'passing'
        ? null
        : { title: `t ${observedAt}`, description: 'd', severity: 'major', links: [], dueAt: null },
    actor: null,
  };
}

async function apply(now: number, ...reports: Report[]): Promise<string[]> {
  const applied = await applyReports(database.sql, reports, {
    now,
    horizon: horizonOf(now, days),
    newId: randomUUID,
    whole: false,
  });
  return applied.map((answer) => answer.status);
}

async function partitions(): Promise<string[]> {
  const rows = await database.sql<{ name: string }[]>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'events'::regclass order by 1`;
  return rows.map((row) => row.name);
}

describe('distinctness holds across storage partitions', () => {
  test('the same key in another quarter, whatever it says, is the same report', async () => {
    const identity = anIdentity();
    expect(await apply(start, report(identity, 'failing', start - 100 * day, 'run-1'))).toEqual(['opened']);
    expect(await apply(start, report(identity, 'failing', start, 'run-1'))).toEqual(['duplicate']);
    expect(await apply(start, report(identity, 'passing', start, 'run-1'))).toEqual(['duplicate']);
    const { row } = await compare(database.sql, identity);
    expect(row).toMatchObject({ state: 'ACTIVE', occurrences: 1, lastSeenAt: start - 100 * day });
  });

  test('also when both are sent at the same moment', async () => {
    for (let round = 0; round < 20; round += 1) {
      const identity = anIdentity();
      const [one, other] = await Promise.all([
        apply(start, report(identity, 'failing', start - 100 * day, 'run-1')),
        apply(start, report(identity, 'failing', start, 'run-1')),
      ]);
      expect([one, other].flat().sort()).toEqual(['duplicate', 'opened']);
      expect((await compare(database.sql, identity)).row?.occurrences).toBe(1);
    }
  });
});

describe('a report older than the horizon changes nothing', () => {
  test('it is stale, with and without an issue', async () => {
    const identity = anIdentity();
    const old = start - (days + 1) * day;
    expect(await apply(start, report(identity, 'failing', old))).toEqual(['stale']);
    expect((await compare(database.sql, identity)).row).toBeNull();
    await apply(start, report(identity, 'failing', start));
    expect(await apply(start, report(identity, 'passing', old))).toEqual(['stale']);
    expect((await compare(database.sql, identity)).history).toHaveLength(1);
  });
});

describe('dropping old history', () => {
  const later = start + 200 * day;

  test('leaves every issue as it is, and what comes late is still judged as if nothing had been dropped', async () => {
    const identity = anIdentity();
    const said = [
      report(identity, 'failing', start - 20 * day),
      report(identity, 'failing', start - 10 * day),
      report(identity, 'failing', start + 60 * day),
      report(identity, 'passing', start + 150 * day),
    ];
    await ensureHistory(database.sql, later, days);
    await apply(start + 150 * day, ...said);
    const before = (await compare(database.sql, identity)).row;
    expect(before).toEqual(deriveIssue(said, null));

    expect(await dropHistory(database.sql, later, days)).toEqual(['events_2026_q1', 'events_2026_q2']);
    const again = start + 290 * day;
    expect(await dropHistory(database.sql, again, days)).toEqual(
      ['events_2026_q3', 'events_2026_q4'].slice(0, 1),
    );
    const kept = await compare(database.sql, identity);
    expect(kept.row).toEqual(before);
    expect(kept.history).toHaveLength(2);

    // Between two failures of one episode, of which the older is gone: still one episode.
    const late = report(identity, 'failing', start + 115 * day);
    await ensureHistory(database.sql, again, days);
    expect(await apply(again, late)).toEqual(['recorded']);
    expect((await compare(database.sql, identity)).row).toEqual(deriveIssue([...said, late], null));
  });

  test('what is dropped is judged no more, also when history is to be kept longer again', async () => {
    const identity = anIdentity();
    const now = start + 320 * day;
    await ensureHistory(database.sql, now, days);
    await apply(
      now,
      report(identity, 'failing', now - 150 * day),
      report(identity, 'passing', now - 140 * day),
    );
    const before = (await compare(database.sql, identity)).row;
    await dropHistory(database.sql, now, 20);
    await ensureHistory(database.sql, now, days);
    expect(await apply(now, report(identity, 'failing', now - 145 * day))).toEqual(['stale']);
    expect((await compare(database.sql, identity)).row).toEqual(before);
  });

  test('a person’s action that outlives the reports around it does not stand for them', async () => {
    const now = Date.UTC(2028, 7, 15);
    await ensureHistory(database.sql, now, days);
    const identity: Identity = {
      ...anIdentity(),
      scope: { resourceType: 'mintmaker-error', resourceName: randomUUID(), resourceNamespace: 'ns' },
      issueType: 'dependency',
    };
    const pipeline = endsOf(identity) ?? identity;
    await apply(now, report(identity, 'failing', now - 175 * day));
    const [row] = await database.sql<{ id: string }[]>`
      select id from issues where resource_name = ${identity.scope.resourceName} and id is not null`;
    await resolveIssue(database.sql, {
      id: row?.id ?? '',
      now,
      eventId: 'resolve',
      actor: null,
      requestId: null,
    });
    expect(await apply(now, report(identity, 'failing', now - 100 * day))).toEqual(['reopened']);
    const later = now + 142 * day;
    await ensureHistory(database.sql, later, days);
    expect(await dropHistory(database.sql, later, days)).not.toEqual([]);
    await apply(later, report(pipeline, 'passing', later));
    expect((await compare(database.sql, identity)).row?.state).toBe('ACTIVE');
    await apply(later, report(pipeline, 'passing', later + 1));
    expect((await compare(database.sql, identity)).row).toMatchObject({
      state: 'RESOLVED',
      resolvedAt: later + 1,
    });
  });

  test('purges tombstones and lone passes that nothing can concern any more, and nothing else', async () => {
    const gone = anIdentity();
    const alive = anIdentity();
    const passing = anIdentity();
    const now = Date.UTC(2029, 5, 1);
    await ensureHistory(database.sql, now, days);
    await apply(now, report(gone, 'failing', now - day), report(alive, 'failing', now - day));
    await apply(now, report(passing, 'passing', now - day));
    const [row] = await database.sql<{ id: string }[]>`
      select id from issues where resource_name = ${gone.scope.resourceName}`;
    await deleteIssue(database.sql, { id: row?.id ?? '', now, actor: null, requestId: null });
    const names = [gone, alive, passing].map((identity) => identity.scope.resourceName);
    const left = async () =>
      (
        await testDatabase.sql<{ name: string }[]>`
        select resource_name as name from issues where resource_name = any (${names})`
      ).map((found) => found.name);

    await dropHistory(database.sql, now, days);
    expect(await left()).toHaveLength(3);
    await ensureHistory(database.sql, now + 400 * day, days);
    await dropHistory(database.sql, now + 400 * day, days);
    expect(await left()).toEqual([alive.scope.resourceName]);
  });
});

describe('a report is never refused for want of a partition', () => {
  test('it is filed aside, counts, and is moved when its quarter is made', async () => {
    const identity = anIdentity();
    const far = Date.UTC(2031, 4, 5);
    expect(await apply(far, report(identity, 'failing', far))).toEqual(['opened']);
    expect(await apply(far, report(identity, 'passing', far + 1))).toEqual(['resolved']);
    expect(await partitions()).not.toContain('events_2031_q2');
    await ensureHistory(database.sql, far, days);
    expect(await partitions()).toContain('events_2031_q2');
    const [count] = await database.sql<
      { moved: number }[]
    >`select count(*)::int as moved from events_2031_q2`;
    expect(count?.moved).toBe(2);
    expect(await apply(far, report(identity, 'failing', far + 2))).toEqual(['reopened']);
  });

  test('while somebody reads the table the quarter is left for next time, and reports are taken', async () => {
    const far = Date.UTC(2035, 4, 5);
    const identity = anIdentity();
    const made = async () => (await partitions()).includes('events_2035_q2');
    await testDatabase.sql.begin(async (reader) => {
      await reader`lock table events_other in access share mode`;
      await ensureHistory(database.sql, far, 7);
      expect(await made()).toBe(false);
      expect(await apply(far, report(identity, 'failing', far))).toEqual(['opened']);
    });
    await ensureHistory(database.sql, far, 7);
    expect(await made()).toBe(true);
    expect(await apply(far, report(identity, 'failing', far + 1))).toEqual(['updated']);
  });

  test('many may make partitions at once', async () => {
    const far = Date.UTC(2033, 1, 1);
    await Promise.all(Array.from({ length: 6 }, () => ensureHistory(database.sql, far, days)));
    expect(await partitions()).toEqual(expect.arrayContaining(['events_2032_q3', 'events_2033_q1']));
  });
});
