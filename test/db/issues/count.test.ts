/** `issue_counts` says what counting would say, whatever has happened, and stays short. */
import { expect, test } from 'vitest';
import { component, failing, passing } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';

const kite = useKite();

test('counts are exact after writers at once have opened, resolved, edited and deleted', async () => {
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    const namespace = `team-${writer % 3}`;
    for (let round = 0; round < 12; round += 1) {
      const scope = (number: number) => component(`thing-${(writer + number) % 10}`);
      const severity = round % 2 === 0 ? 'major' : 'critical';
      await kite.reports(
        Array.from({ length: 6 }, (_unused, number) =>
          failing(namespace, round * 10 + number, {
            ...scope(number),
            severity,
            labels: { lifecycle: 'production' },
          }),
        ),
      );
      await kite.reports([passing(namespace, round * 10 + 7, scope(round % 6))]);
      const [issue] = (await kite.list({ namespace, limit: '1', offset: String(round % 5) })).data;
      const path = `/issues/${issue?.id}`;
      if (round % 4 === 1) await kite.ask('DELETE', path);
      if (round % 4 === 2)
        await kite.ask('PUT', path, { body: { severity: 'info', labels: { lifecycle: 'development' } } });
      if (round % 4 === 3) await kite.post(`${path}/resolve`, undefined);
    }
  });
  await Promise.all(writers);
  const { sql } = kite.server.database;
  const kept = await sql`
    select namespace, cluster, issue_type, severity, state, lifecycle, sum(amount)::int as issues from issue_counts
    group by 1, 2, 3, 4, 5, 6 having sum(amount) <> 0 order by 1, 2, 3, 4, 5, 6`;
  const counted = await sql`
    select namespace, cluster, issue_type, severity, state, coalesce(lifecycle, 'unknown') as lifecycle, count(*)::int as issues
    from issues where id is not null
    group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6`;
  expect([...kept]).toEqual([...counted]);
});

test('however often an issue changes, few rows say so', async () => {
  const { sql } = kite.server.database;
  await kite.reports([failing('restless', 0)]);
  await sql.unsafe(`
    do $$
    begin
      for round in 1..1000 loop
        update issues set severity = case round % 2 when 0 then 'major' else 'minor' end where namespace = 'restless';
      end loop;
    end
    $$`);
  const [kept] = await sql`
    select count(*)::int as rows, sum(amount)::int as issues from issue_counts where namespace = 'restless'`;
  expect(kept?.issues).toBe(1);
  expect(kept?.rows).toBeLessThan(200);
});

test('folding puts sums in the place of what was added and taken', async () => {
  const { sql } = kite.server.database;
  const of = async () => {
    const rows = await sql`select * from issue_counts where namespace = 'team-0'`;
    return { rows: rows.length, sum: rows.reduce((sum, row) => sum + Number(row.amount), 0) };
  };
  const before = await of();
  await sql`select fold_issue_counts('team-0')`;
  const after = await of();
  expect(after.sum).toBe(before.sum);
  expect(after.rows).toBeLessThan(Math.min(before.rows, 20));
});

test('a failure that only repeats changes no count', async () => {
  const { sql } = kite.server.database;
  await kite.reports([failing('calm', 0)]);
  const made = async () => (await sql`select last_value as made from issue_counts_changes`)[0]?.made;
  const before = await made();
  await kite.reports([failing('calm', 1), failing('calm', 2, { description: 'Other words.' })]);
  expect(await made()).toBe(before);
});
