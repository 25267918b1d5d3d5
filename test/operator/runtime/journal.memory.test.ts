/** A disk that is full, read-only or gone does not stop the journal. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { dropsOf, freshDirectory, journalIn, nothingHeld, outgoing, pendingIn, refuse } from './reporting.ts';

describe('a disk that takes nothing', () => {
  it('works from memory, says so, and writes everything when it can', async () => {
    const directory = join(await freshDirectory(), 'journal');
    await writeFile(directory, 'a file where the directory should be');
    const { journal, told } = await journalIn(directory);
    expect(await journal.append(['a', 'b', 'c'].map((id) => outgoing(id)))).toBe('memory');
    expect(journal.stats()).toMatchObject({ pending: 3, isWritable: false });
    expect(journal.stats().problem).toContain(`The journal in ${directory} cannot be written`);
    expect(told.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    const [first] = await journal.take({ reports: 1, bytes: 1000 }, nothingHeld);
    await journal.delivered([first?.id ?? '']);
    await rm(directory);
    await vi.waitUntil(() => journal.stats().isWritable, 20_000);
    expect(await journal.append([outgoing('d')])).toBe('disk');
    await journal.close();
    expect(await pendingIn((await journalIn(directory)).journal)).toEqual(['b', 'c', 'd']);
  });

  it('finds what the disk had before, without saying anything twice', async () => {
    const parent = await freshDirectory();
    const directory = join(parent, 'journal');
    const before = await journalIn(directory);
    await before.journal.append(['a', 'b', 'c'].map((id) => outgoing(id)));
    await refuse(before.journal, 'c');
    await before.journal.close();
    await rename(directory, join(parent, 'away'));
    await writeFile(directory, '');
    const { journal } = await journalIn(directory);
    await journal.append([outgoing('d'), outgoing('b')]);
    await rm(directory);
    await rename(join(parent, 'away'), directory);
    await vi.waitUntil(() => journal.stats().isWritable, 20_000);
    expect(await pendingIn(journal)).toEqual(['a', 'd', 'b']);
    expect((await journal.deadLetters()).map(({ eventId }) => eventId)).toEqual(['c']);
    await journal.close();
    expect(await pendingIn((await journalIn(directory)).journal)).toEqual(['a', 'd', 'b']);
  });

  it('keeps as much in memory as it may, and names what it drops and what is lost in the end', async () => {
    const directory = join(await freshDirectory(), 'journal');
    await writeFile(directory, '');
    const { journal, told } = await journalIn(directory, { mostBytesInMemory: 4000 });
    for (let n = 0; n < 20; n += 1) {
      await journal.append([
        outgoing(`e-${n}`, {
          outcome: n === 5 ? 'passing' : 'failing',
          report: { eventId: `e-${n}`, text: 'x'.repeat(400) },
        }),
      ]);
    }
    const left = await pendingIn(journal);
    expect(left).not.toContain('e-5');
    expect(left).not.toContain('e-0');
    expect(left).toContain('e-19');
    expect(journal.stats().bytesInMemory).toBeLessThanOrEqual(4000);
    const dropped = Object.values(dropsOf(told)).reduce((sum, count) => sum + count, 0);
    expect(dropped + left.length).toBe(20);
    await journal.close();
    expect(dropsOf(told).memory_lost).toBe(left.length);
  });
});
