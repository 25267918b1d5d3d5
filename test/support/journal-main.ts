import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { serveDeadLetters } from '../../operator/runtime/journal/control.ts';
import { openJournal } from '../../operator/runtime/journal.ts';
import { startSender } from '../../operator/runtime/sender.ts';

// An operator's second half, until it is killed: `journal-main <directory> <prefix> [url]`.
// Appends one report after another, several at once, and prints a line of what is kept: "kept EVENT". With an
// address, what is kept is sent there. The first line is "open", with how many were found.
const [directory, prefix, url] = process.argv.slice(2);
if (directory === undefined || prefix === undefined) {
  throw new Error('Name the directory and the prefix.');
}
// A file size limit then fails a write, and does not end the process.
process.on('SIGXFSZ', () => undefined);
// At once: what was said is known also when the next moment is the last.
const say = (line: string): void => void writeSync(1, `${line}\n`);
const tell = (level: string) => (fields: object, sentence: string) => {
  process.stderr.write(`${JSON.stringify({ level, sentence, ...fields })}\n`);
};
const options = {
  telemetry: { count: () => undefined, gauge: () => undefined, time: () => undefined },
  log: { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') },
  clock: Date.now,
  random: Math.random,
};
const journal = await openJournal({ directory, ...options });
await serveDeadLetters(journal, directory, options.log);
say(`open ${journal.stats().pending}`);
if (url !== undefined) {
  startSender({
    journal,
    url,
    environment: {},
    userAgent: 'kite-test',
    limits: { reports: 20, waitMs: 5, firstPauseMs: 10, longestPauseMs: 50 },
    ...options,
  });
}
let serial = 0;
const append = async (lane: number): Promise<void> => {
  for (;;) {
    serial += 1;
    const eventId = `${prefix}-${serial}`;
    const report = { eventId, subject: `lane-${lane}`, text: 'x'.repeat(serial % 3000) };
    const outcome = serial % 3 === 0 ? 'passing' : 'failing';
    const kept = await journal.append([
      { controller: 'test', outcome, subject: `lane-${lane}`, eventId, report },
    ]);
    say(`${kept === 'disk' ? 'kept' : 'memory'} ${eventId}`);
    if (kept === 'memory') {
      await pause(20);
    }
  }
};
await Promise.all(Array.from({ length: 8 }, (_, lane) => append(lane)));
