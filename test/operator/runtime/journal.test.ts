/** The journal keeps what it was given until it is delivered, through restarts, and drops by name what is too much. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it, vi } from 'vitest';
import { all, dropsOf, freshDirectory, journalIn, nothingHeld, outgoing, pendingIn } from './reporting.ts';

describe('keeping', () => {
  it('gives reports in the order in which they came, as they were said', async () => {
    const { journal } = await journalIn(await freshDirectory());
    const said = outgoing('b', { report: { eventId: 'b', text: 'line\nbreak, "quotes" and ✓' } });
    expect(await journal.append([outgoing('a'), said])).toBe('disk');
    await journal.append([outgoing('c')]);
    const taken = await journal.take(all, nothingHeld);
    expect(taken.map(({ json }) => JSON.parse(json))).toEqual([
      outgoing('a').report,
      said.report,
      outgoing('c').report,
    ]);
    expect(journal.stats()).toMatchObject({ pending: 3, dead: 0, isWritable: true, bytesInMemory: 0 });
    expect(journal.waiting()).toBe(0);
  });

  it('keeps what is pending through a restart, and what was delivered is gone', async () => {
    const directory = await freshDirectory();
    const first = await journalIn(directory);
    await first.journal.append(['a', 'b', 'c', 'd'].map((id) => outgoing(id)));
    const taken = await first.journal.take({ reports: 2, bytes: 1000 }, nothingHeld);
    await first.journal.delivered(taken.slice(0, 1).map(({ id }) => id));
    await first.journal.close();
    const second = await journalIn(directory);
    expect(await pendingIn(second.journal)).toEqual(['b', 'c', 'd']);
    await second.journal.append([outgoing('e')]);
    expect(await pendingIn(second.journal)).toEqual(['b', 'c', 'd', 'e']);
  });

  it('keeps the same observation once while it is pending: in one call, in many at once, after a restart', async () => {
    const directory = await freshDirectory();
    const first = await journalIn(directory);
    await first.journal.append([outgoing('a'), outgoing('a'), outgoing('b')]);
    await Promise.all(Array.from({ length: 10 }, () => first.journal.append([outgoing('c'), outgoing('a')])));
    expect(await pendingIn(first.journal)).toEqual(['a', 'b', 'c']);
    await first.journal.close();
    const { journal } = await journalIn(directory);
    await journal.append([outgoing('a'), outgoing('b'), outgoing('a', { subject: 'other' })]);
    expect(await pendingIn(journal)).toEqual(['a', 'b', 'c', 'a']);
    const taken = await journal.take({ reports: 1, bytes: 1000 }, nothingHeld);
    await journal.delivered(taken.map(({ id }) => id));
    await journal.append([outgoing('a')]);
    expect(await pendingIn(journal)).toEqual(['b', 'c', 'a', 'a']);
  });

  it('writes what many append at once with few synchronous writes', async () => {
    const { journal, told } = await journalIn(await freshDirectory());
    const before = told.times.get('journal_write_seconds') ?? 0;
    await Promise.all(Array.from({ length: 1000 }, (_, n) => journal.append([outgoing(`e-${n}`)])));
    expect((told.times.get('journal_write_seconds') ?? 0) - before).toBeLessThanOrEqual(10);
    expect(journal.stats().pending).toBe(1000);
  });

  it('takes by count and bytes, passes over what is held, and gives a large report alone', async () => {
    const { journal } = await journalIn(await freshDirectory());
    const large = outgoing('large', { report: { eventId: 'large', text: 'x'.repeat(5000) } });
    await journal.append([
      outgoing('a'),
      outgoing('b'),
      large,
      outgoing('c'),
      outgoing('d', { subject: 'a' }),
    ]);
    const take = async (reports: number, bytes: number, held?: string) => {
      const taken = await journal.take({ reports, bytes }, (subject) => subject === held);
      return { taken, names: taken.map(({ json }) => JSON.parse(json).eventId) };
    };
    const first = await take(1, 1000);
    expect(first.names).toEqual(['a']);
    journal.release(first.taken.map(({ id }) => id));
    expect((await take(10, 1000, first.taken[0]?.subject)).names).toEqual(['b']);
    expect((await take(10, 1000, first.taken[0]?.subject)).names).toEqual(['large']);
    expect((await take(10, 1000)).names).toEqual(['a', 'c', 'd']);
    expect((await take(10, 1000)).names).toEqual([]);
  });

  it('calls back for what is new, and not for what is taken, delivered or released', async () => {
    const { journal } = await journalIn(await freshDirectory());
    const called = vi.fn();
    const end = journal.onWaiting(called);
    await journal.append([outgoing('a'), outgoing('b')]);
    expect(called).toHaveBeenCalledTimes(1);
    const [first, second] = await journal.take(all, nothingHeld);
    await journal.delivered([first?.id ?? '']);
    journal.release([second?.id ?? '']);
    await journal.append([outgoing('b')]);
    expect(called).toHaveBeenCalledTimes(1);
    end();
    await journal.append([outgoing('c')]);
    expect(called).toHaveBeenCalledTimes(1);
  });

  it('says how long the oldest has waited', async () => {
    let now = 1_000_000;
    const { journal } = await journalIn(await freshDirectory(), { clock: () => now });
    expect(journal.stats().oldestMs).toBe(0);
    await journal.append([outgoing('a')]);
    now += 5000;
    await journal.append([outgoing('b')]);
    expect(journal.stats().oldestMs).toBe(5000);
  });
});

describe('dropping', () => {
  it('drops the oldest that is passing or superseded first, then the oldest; each is counted and named', async () => {
    const { journal, told } = await journalIn(await freshDirectory(), { mostReports: 4 });
    await journal.append([
      outgoing('fail-1', { subject: 'x' }),
      outgoing('pass-1', { subject: 'y', outcome: 'passing' }),
      outgoing('fail-2', { subject: 'z' }),
      outgoing('fail-3', { subject: 'x' }),
    ]);
    const steps: [string, string[]][] = [
      ['fail-4', ['pass-1', 'fail-2', 'fail-3', 'fail-4']],
      ['fail-5', ['fail-2', 'fail-3', 'fail-4', 'fail-5']],
      ['fail-6', ['fail-3', 'fail-4', 'fail-5', 'fail-6']],
    ];
    for (const [next, left] of steps) {
      await journal.append([outgoing(next)]);
      expect(await pendingIn(journal)).toEqual(left);
    }
    expect(dropsOf(told)).toEqual({ superseded: 1, passing: 1, oldest: 1 });
    const named = told.lines.filter(({ sentence }) => sentence === 'a report was dropped');
    expect(
      named.map(({ fields }) => [fields.controller, fields.eventId, fields.subject, fields.reason]),
    ).toEqual([
      ['pipelinerun', 'fail-1', 'x', 'superseded'],
      ['pipelinerun', 'pass-1', 'y', 'passing'],
      ['pipelinerun', 'fail-2', 'z', 'oldest'],
    ]);
  });

  it('drops nothing that is being sent, and what was given back again in its turn', async () => {
    const { journal, told } = await journalIn(await freshDirectory(), { mostReports: 3 });
    await journal.append(['p', 'q', 'r'].map((id) => outgoing(id, { outcome: 'passing' })));
    const taken = await journal.take({ reports: 1, bytes: 1000 }, nothingHeld);
    await journal.append([outgoing('s')]);
    journal.release(taken.map(({ id }) => id));
    expect(await pendingIn(journal)).toEqual(['p', 'r', 's']);
    await journal.append([outgoing('t')]);
    expect(await pendingIn(journal)).toEqual(['r', 's', 't']);
    expect(dropsOf(told)).toEqual({ passing: 2 });
  });

  it('is bounded by bytes too', async () => {
    const { journal, told } = await journalIn(await freshDirectory(), { mostBytes: 1000 });
    const report = { text: 'x'.repeat(400) };
    await journal.append(['a', 'b', 'c'].map((id) => outgoing(id, { report: { ...report, eventId: id } })));
    expect(await pendingIn(journal)).toEqual(['b', 'c']);
    expect(journal.stats().bytes).toBeLessThanOrEqual(1000);
    expect(dropsOf(told)).toEqual({ oldest: 1 });
  });
});

describe('opening', () => {
  it('lets one process have it, and says so in a sentence', async () => {
    const directory = await freshDirectory();
    await journalIn(directory);
    await expect(journalIn(directory)).rejects.toThrow(
      `Another process has the journal in ${directory} open. Stop it, or give each operator a directory of its own.`,
    );
  });

  it('does not touch what a newer version wrote', async () => {
    const directory = await freshDirectory();
    const level = new ClassicLevel(directory);
    await level.put('v', '2');
    await level.close();
    await expect(journalIn(directory)).rejects.toThrow(/form 2 and this operator reads form 1/);
  });

  it('repairs what is damaged, says so, and keeps the reports', async () => {
    const directory = await freshDirectory();
    const { journal } = await journalIn(directory);
    await journal.append(['a', 'b'].map((id) => outgoing(id)));
    await journal.close();
    for (const damage of [
      async (files: string[]) => {
        const manifest = files.find((file) => file.startsWith('MANIFEST')) ?? '';
        await writeFile(join(directory, manifest), 'not a manifest');
      },
      () => rm(join(directory, 'CURRENT')),
    ]) {
      await damage(await readdir(directory));
      const { journal: again, told } = await journalIn(directory);
      expect(await pendingIn(again)).toEqual(['a', 'b']);
      expect(told.counts.get('journal_repairs')).toBe(1);
      await again.close();
    }
  });

  it('drops a record that cannot be read, and says so', async () => {
    const directory = await freshDirectory();
    const { journal } = await journalIn(directory);
    await journal.append(['a', 'b'].map((id) => outgoing(id)));
    await journal.close();
    const level = new ClassicLevel(directory);
    const [key = ''] = await level.keys({ gte: 'p/', limit: 1 }).all();
    await level.put(key, '{"controller":7}');
    await level.close();
    const { journal: again, told } = await journalIn(directory);
    expect(await pendingIn(again)).toEqual(['b']);
    expect(dropsOf(told)).toEqual({ unreadable: 1 });
  });
});
