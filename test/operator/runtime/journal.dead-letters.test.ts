/** What the server refused for good stays until somebody decides. */
import { describe, expect, it } from 'vitest';
import {
  all,
  dropsOf,
  freshDirectory,
  journalIn,
  nothingHeld,
  outgoing,
  pendingIn,
  refusal,
  refuse,
} from './reporting.ts';

describe('dead letters', () => {
  it('keeps what the server refused with its reason, through a restart', async () => {
    const directory = await freshDirectory();
    const { journal } = await journalIn(directory, { clock: () => 1234 });
    await journal.append([outgoing('a'), outgoing('b')]);
    const id = await refuse(journal, 'a');
    const dead = [
      {
        id,
        controller: 'pipelinerun',
        subject: 'a',
        eventId: 'a',
        outcome: 'failing',
        refusedAt: 1234,
        refusal,
      },
    ];
    expect(await journal.deadLetters()).toEqual(dead);
    await journal.close();
    const again = await journalIn(directory);
    expect(await again.journal.deadLetters()).toEqual(dead);
    expect(await again.journal.deadReport(id.slice(0, 8))).toEqual(outgoing('a').report);
    expect(await again.journal.deadReport('0'.repeat(24))).toBeNull();
    expect(await pendingIn(again.journal)).toEqual(['b']);
    expect(again.journal.stats()).toMatchObject({ pending: 1, dead: 1 });
  });

  it('sends again what is asked for, and forgets what is dropped', async () => {
    const directory = await freshDirectory();
    const { journal, told } = await journalIn(directory);
    await journal.append(['a', 'b', 'c'].map((id) => outgoing(id)));
    const ids = [await refuse(journal, 'a'), await refuse(journal, 'b'), await refuse(journal, 'c')];
    expect(await journal.retry([ids[1]?.slice(0, 10) ?? ''])).toBe(1);
    expect(await pendingIn(journal)).toEqual(['b']);
    expect(await journal.drop([ids[0] ?? '', 'feed'])).toBe(1);
    expect((await journal.deadLetters()).map(({ eventId }) => eventId)).toEqual(['c']);
    expect(dropsOf(told)).toEqual({ by_hand: 1 });
    expect(await journal.retry('all')).toBe(1);
    await journal.close();
    expect(await pendingIn((await journalIn(directory)).journal)).toEqual(['b', 'c']);
  });

  it('sends again what is said again, in the newest words', async () => {
    const { journal } = await journalIn(await freshDirectory());
    await journal.append([outgoing('a')]);
    await refuse(journal, 'a');
    await journal.append([outgoing('a', { report: { eventId: 'a', text: 'better' } })]);
    expect(journal.stats()).toMatchObject({ pending: 1, dead: 0 });
    const [taken] = await journal.take(all, nothingHeld);
    expect(JSON.parse(taken?.json ?? '')).toEqual({ eventId: 'a', text: 'better' });
  });

  it('keeps a twentieth of the bound, and drops the oldest beyond', async () => {
    const { journal, told } = await journalIn(await freshDirectory(), { mostReports: 40 });
    for (const id of ['a', 'b', 'c']) {
      await journal.append([outgoing(id)]);
      await refuse(journal, id);
    }
    expect((await journal.deadLetters()).map(({ eventId }) => eventId)).toEqual(['b', 'c']);
    expect(dropsOf(told)).toEqual({ dead_letter_limit: 1 });
  });
});
