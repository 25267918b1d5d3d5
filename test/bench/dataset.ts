import postgres from 'postgres';
import { ensureHistory } from '../../db/history/ensure.ts';
import { inTwos, withoutBurdens } from './dataset/bulk.ts';
import {
  type DatasetOptions,
  definitions,
  filledTables,
  insertCounts,
  insertEvents,
  insertIssues,
  insertLinks,
  insertTexts,
} from './dataset/statements.ts';

/** Issues that one statement writes. */
const chunk = 25_000;
const historyDays = 180;

/**
 * Fills a migrated, empty database with so many issues in 20 namespaces, of which `team-00-tenant` has 30 in 100; with about one
 * link each, and five issues of many events (20,000 at a million issues); one in ten is active. The same options give the
 * same rows. All constraints hold afterwards, and the planner's statistics and the visibility map are fresh.
 */
export async function fillDatabase(
  url: string,
  options: DatasetOptions & { readonly log?: (line: string) => void },
): Promise<void> {
  const { size, now, log = () => undefined } = options;
  const started = performance.now();
  const say = (what: string): void =>
    log(`  ${((performance.now() - started) / 1000).toFixed(0)} s: ${what}`);
  const open = (max: number) =>
    postgres(url, {
      max,
      fetch_types: false,
      onnotice: () => undefined,
      connection: { maintenance_work_mem: '512MB', TimeZone: 'UTC' },
    });
  const [sql, ...sessions] = [open(2), open(1), open(1)];
  try {
    await ensureHistory(sql, now, historyDays);
    for (const session of sessions) {
      await session.unsafe(definitions(options)).simple();
    }
    await withoutBurdens(sql, filledTables, async () => {
      const ranges = rangesOf(size);
      const both = (insert: (first: number, last: number) => string) =>
        inTwos(
          ranges.map(([first, last], index) => () => {
            const session = sessions[index % 2] ?? sql;
            return session.unsafe(insert(first, last)).simple();
          }),
        );
      await both(insertIssues);
      say(`${size} issues`);
      await both(insertLinks);
      await both(insertTexts);
      await both(insertEvents);
      await sql.unsafe(insertCounts);
      say('events and links');
      await sql`select setval(pg_get_serial_sequence('issues', 'key'), ${size})`;
    });
    say('indexes');
    await sql`vacuum (analyze)`;
    say('vacuumed');
  } finally {
    await Promise.all([sql, ...sessions].map((session) => session.end()));
  }
}

function rangesOf(size: number): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (let first = 1; first <= size; first += chunk) {
    ranges.push([first, Math.min(first + chunk - 1, size)]);
  }
  return ranges;
}
