import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Outgoing } from '../../../operator/runtime/controller.ts';
import {
  type Journal,
  type JournalOptions,
  openJournal,
  type Refusal,
} from '../../../operator/runtime/journal.ts';
import { countingTelemetry, type Line, recordingLog } from './watching.ts';

/** A directory that is removed when the test is over. */
export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kite-journal-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A report that the server need not understand. */
export function outgoing(eventId: string, fields: Partial<Outgoing> = {}): Outgoing {
  const { subject = eventId, outcome = 'failing' } = fields;
  return {
    controller: 'pipelinerun',
    outcome,
    subject,
    eventId,
    report: { eventId, subject, outcome },
    ...fields,
  };
}

export interface Told {
  readonly lines: Line[];
  readonly counts: Map<string, number>;
  /** How often a time was taken, by its name. */
  readonly times: Map<string, number>;
}

/** What a journal or a sender is given besides its own options, and what it tells through that. */
export function teller() {
  const { log, lines } = recordingLog();
  const { telemetry, counts } = countingTelemetry();
  const times = new Map<string, number>();
  return {
    told: { lines, counts, times } satisfies Told,
    options: {
      log,
      telemetry: {
        ...telemetry,
        time: (name: string) => void times.set(name, (times.get(name) ?? 0) + 1),
      },
      clock: Date.now,
      random: Math.random,
    },
  };
}

/** A journal that is closed when the test is over, unless the test has closed it. */
export async function journalIn(
  directory: string,
  options: Partial<JournalOptions> = {},
): Promise<{ readonly journal: Journal; readonly told: Told }> {
  const { told, options: rest } = teller();
  const journal = await openJournal({ directory, ...rest, ...options });
  onTestFinished(() => journal.close());
  return { journal, told };
}

/** The event ids of all that is pending, in order. It is given back. */
export async function pendingIn(journal: Journal): Promise<string[]> {
  const taken = await journal.take({ reports: 1_000_000, bytes: Number.POSITIVE_INFINITY }, () => false);
  journal.release(taken.map(({ id }) => id));
  return taken.map(({ json }) => JSON.parse(json).eventId);
}

/** How many reports were dropped, by reason. */
export function dropsOf({ counts }: Told): Record<string, number> {
  const drops: Record<string, number> = {};
  for (const [key, count] of counts) {
    const reason = /^reports_dropped\{.*reason="(.*)"\}$/.exec(key)?.[1];
    if (reason !== undefined) {
      drops[reason] = (drops[reason] ?? 0) + count;
    }
  }
  return drops;
}

export const all = { reports: 1000, bytes: 1_000_000 };
export const nothingHeld = () => false;
export const refusal: Refusal = { status: 200, code: 'invalid_request', message: 'Wrong.', details: [] };

/** Makes a pending report a dead letter. @returns its id */
export async function refuse(journal: Journal, eventId: string): Promise<string> {
  const taken = await journal.take(all, nothingHeld);
  const found = taken.find(({ json }) => JSON.parse(json).eventId === eventId);
  if (found === undefined) throw new Error(`${eventId} is not pending.`);
  await journal.refused(found.id, refusal);
  journal.release(taken.map(({ id }) => id));
  return found.id;
}
