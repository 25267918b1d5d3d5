import { onTestFinished, vi } from 'vitest';
import type { Journal } from '../../../operator/runtime/journal.ts';
import { type Sender, type SenderOptions, startSender } from '../../../operator/runtime/sender.ts';
import { type BrokenServer, startBrokenServer } from './broken-server.ts';
import { freshDirectory, journalIn, outgoing, type Told, teller } from './reporting.ts';

/** Pauses so short that a test can wait for them. */
export const quick = { firstPauseMs: 10, longestPauseMs: 50, waitMs: 20, requestMs: 5_000 };
/** An error as Kite writes it. */
export const kiteError = (code: string, path = 'body') => ({
  error: 'No.',
  message: 'No.',
  code,
  details: [{ path, message: 'is wrong' }],
  requestId: 'r',
});

interface Setting {
  readonly server: BrokenServer;
  readonly journal: Journal;
  readonly sender: Sender;
  readonly told: Told;
}

/** A sender with a journal of its own and a server, until the test is over. */
export async function start(
  options: Partial<SenderOptions> & {
    readonly server?: BrokenServer;
    readonly before?: readonly string[];
  } = {},
): Promise<Setting> {
  const { server = await startBrokenServer(), before = [], limits, ...rest } = options;
  const { journal } = await journalIn(await freshDirectory());
  await journal.append(before.map((id) => outgoing(id)));
  const { told, options: telling } = teller();
  const sender = startSender({
    journal,
    url: server.url,
    environment: {},
    userAgent: 'kite-operator/test',
    ...telling,
    ...rest,
    limits: { ...quick, ...limits },
  });
  onTestFinished(() => sender.stop());
  return { server, journal, sender, told };
}

export const names = (count: number, prefix = 'e'): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
/** The event ids of all that came, in order. */
export const sent = (server: BrokenServer): string[] => server.reports.map(({ eventId }) => String(eventId));
export const until = (condition: () => boolean | Promise<boolean>) =>
  vi.waitUntil(condition, { timeout: 20_000, interval: 5 });
export const drained = ({ journal }: Setting) => until(() => journal.stats().pending === 0);
