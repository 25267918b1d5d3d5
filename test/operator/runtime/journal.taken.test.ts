/** What the server has taken of late is not sent again after a restart; whatever is not sure of that is sent. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Journal, JournalOptions } from '../../../operator/runtime/journal.ts';
import { startSender } from '../../../operator/runtime/sender.ts';
import { type BrokenServer, startBrokenServer } from './broken-server.ts';
import {
  all,
  freshDirectory,
  journalIn,
  nothingHeld,
  outgoing,
  pendingIn,
  refuse,
  teller,
} from './reporting.ts';
import { quick, sent, until } from './sending.ts';

const day = 24 * 3_600_000;

const remembering = (directory: string, options: Partial<JournalOptions> = {}) =>
  journalIn(directory, { mostRemembered: 100, ...options });
const say = (journal: Journal, ...names: readonly string[]) =>
  journal.append(names.map((name) => outgoing(name)));
/** Says these, and has the server take them. */
async function deliver(journal: Journal, ...names: readonly string[]): Promise<void> {
  await say(journal, ...names);
  const taken = await journal.take(all, nothingHeld);
  const isMeant = (json: string): boolean => names.includes(JSON.parse(json).eventId);
  await journal.delivered(taken.filter(({ json }) => isMeant(json)).map(({ id }) => id));
  journal.release(taken.map(({ id }) => id));
}

describe('what was taken', () => {
  it('is not kept again, before and after a restart, and costs no write', async () => {
    const directory = await freshDirectory();
    const first = await remembering(directory);
    await deliver(first.journal, 'a', 'b');
    await say(first.journal, 'a', 'c');
    expect(await pendingIn(first.journal)).toEqual(['c']);
    await first.journal.close();
    const { journal, told } = await remembering(directory);
    const writes = told.times.get('journal_write_seconds');
    expect(await say(journal, 'a', 'b')).toBe('disk');
    expect(told.times.get('journal_write_seconds')).toBe(writes);
    expect(told.counts.get('reports_journalled{controller="pipelinerun"}')).toBeUndefined();
    await journal.append([outgoing('a', { subject: 'another' }), outgoing('d')]);
    expect(await pendingIn(journal)).toEqual(['c', 'a', 'd']);
  });

  it('is only what the server took: not what it refused, and not what was given back', async () => {
    const directory = await freshDirectory();
    const { journal } = await remembering(directory);
    await say(journal, 'a', 'b');
    await refuse(journal, 'a');
    await say(journal, 'a', 'b');
    expect(await pendingIn(journal)).toEqual(['b', 'a']);
  });

  it('is forgotten after a day, while it runs and when it starts', async () => {
    const directory = await freshDirectory();
    let now = Date.now();
    const clock = () => now;
    const first = await remembering(directory, { clock });
    await deliver(first.journal, 'early');
    now += day / 2;
    await deliver(first.journal, 'late');
    now += day / 2 - 1;
    await say(first.journal, 'early', 'late');
    expect(await pendingIn(first.journal)).toEqual([]);
    now += 1;
    await say(first.journal, 'early', 'late');
    expect(await pendingIn(first.journal)).toEqual(['early']);
    await first.journal.close();
    now += day / 2;
    const { journal } = await remembering(directory, { clock });
    await say(journal, 'late');
    expect(await pendingIn(journal)).toEqual(['early', 'late']);
  });

  it('is forgotten, the oldest first, where there is more than may be remembered', async () => {
    const directory = await freshDirectory();
    let now = 1_000_000_000;
    const options = { mostRemembered: 3, clock: () => now++ };
    const first = await remembering(directory, options);
    for (const name of ['e', 'd', 'c', 'b', 'a']) await deliver(first.journal, name);
    await first.journal.close();
    const second = await remembering(directory, options);
    await say(second.journal, 'a', 'b', 'c', 'd', 'e');
    expect(await pendingIn(second.journal)).toEqual(['d', 'e']);
  });

  it('is neither used nor changed by who does not ask for it', async () => {
    const directory = await freshDirectory();
    const first = await remembering(directory);
    await first.journal.addressed('https://kite.example.com');
    await deliver(first.journal, 'a');
    await first.journal.close();
    const once = await journalIn(directory);
    await once.journal.addressed('https://elsewhere.example.com');
    await deliver(once.journal, 'a', 'b');
    await once.journal.close();
    const { journal } = await remembering(directory);
    await journal.addressed('https://kite.example.com');
    await say(journal, 'a', 'b');
    expect(await pendingIn(journal)).toEqual(['b']);
  });

  it('is found when a disk can be read that could not be at first', async () => {
    const parent = await freshDirectory();
    const directory = join(parent, 'journal');
    const before = await remembering(directory);
    await before.journal.addressed('https://kite.example.com');
    await deliver(before.journal, 'a');
    await before.journal.close();
    await rename(directory, join(parent, 'away'));
    await writeFile(directory, '');
    const { journal } = await remembering(directory);
    await journal.addressed('https://kite.example.com');
    await deliver(journal, 'b');
    await rm(directory);
    await rename(join(parent, 'away'), directory);
    await vi.waitUntil(() => journal.stats().isWritable, 20_000);
    await say(journal, 'a', 'b', 'c');
    expect(await pendingIn(journal)).toEqual(['c']);
    await journal.close();
    const { journal: last } = await remembering(directory);
    await say(last, 'a', 'b');
    expect(await pendingIn(last)).toEqual(['c']);
  });
});

describe('a server at another address', () => {
  const sending = (journal: Journal, { url }: BrokenServer) => {
    const { options } = teller();
    const sender = startSender({
      ...{ journal, url, environment: {}, userAgent: 'x', limits: quick },
      ...options,
    });
    onTestFinished(() => sender.stop());
    return sender;
  };

  it('is sent what the one before had taken, and the same one is not', async () => {
    const directory = await freshDirectory();
    const [one, other] = [await startBrokenServer(), await startBrokenServer()];
    const first = await remembering(directory);
    await say(first.journal, 'a');
    const sender = sending(first.journal, one);
    await until(() => first.journal.stats().pending === 0);
    await sender.stop();
    const again = sending(first.journal, one);
    await say(first.journal, 'a', 'b');
    await until(() => first.journal.stats().pending === 0);
    await again.stop();
    expect(sent(one)).toEqual(['a', 'b']);
    await first.journal.close();

    const { journal } = await remembering(directory);
    sending(journal, other);
    await say(journal, 'a', 'b');
    await until(() => journal.stats().pending === 0);
    expect(sent(other)).toEqual(['a', 'b']);
    expect(sent(one)).toEqual(['a', 'b']);
  });
});
