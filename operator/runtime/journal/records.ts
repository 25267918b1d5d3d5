import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Outgoing } from '../controller.ts';
import { readJson } from '../json.ts';
import type { Entry } from './entries.ts';
import type { DeadLetter } from './types.ts';

/**
 * What stands on the disk:
 *
 *   v                the version of this form
 *   p/<place>/<id>   a pending report: what the index holds of it
 *   d/<id>           a dead letter, without its report
 *   b/<id>           the report of either: a line that names it, and a line with its JSON
 *   s                a digest of the server's address, which took what follows
 *   t/<id>           when a report was taken, in milliseconds since 1970
 */
export const version = '1';
export const versionKey = 'v';
export const pendingRange = { gte: 'p/', lt: 'p0' };
export const deadRange = { gte: 'd/', lt: 'd0' };
export const serverKey = 's';
export const takenRange = { gte: 't/', lt: 't0' };

export function pendingKey({ seq, id }: { readonly seq: number; readonly id: string }): string {
  return `p/${String(seq).padStart(16, '0')}/${id}`;
}

export function deadKey(id: string): string {
  return `d/${id}`;
}

export function bodyKey(id: string): string {
  return `b/${id}`;
}

export function takenKey(id: string): string {
  return `t/${id}`;
}

/** Null for what cannot be read. */
export function decodeTaken(key: string, text: string): readonly [id: string, at: number] | null {
  const at = Number(text);
  return /^t\/[0-9a-f]{24}$/.test(key) && Number.isSafeInteger(at)
    ? [copyOf(key.slice('t/'.length)), at]
    : null;
}

/** A part of a string keeps all of it in memory; a copy does not. */
function copyOf(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1');
}

/** The same for the same observation: by this one is known twice, and found among the dead letters. */
export function idOf({ controller, subject, eventId }: Outgoing): string {
  return digest(JSON.stringify([controller, subject, eventId]));
}

/** 96 bits, so that two of 200,000 are the same once in 10^18 journals. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest().toString('hex', 0, 12);
}

const pending = z.object({
  controller: z.string(),
  subject: z.string(),
  isPassing: z.boolean(),
  bytes: z.int(),
});

export function encodePending({ controller, subject, isPassing, bytes }: Entry): string {
  return JSON.stringify({ controller, subject, isPassing, bytes });
}

/** Null for what cannot be read. */
export function decodePending(key: string, text: string): Entry | null {
  const match = /^p\/(\d{16})\/([0-9a-f]{24})$/.exec(key);
  const parsed = pending.safeParse(readJson(text));
  if (match === null || !parsed.success) {
    return null;
  }
  const id = copyOf(match[2] ?? '');
  return newEntry({ ...parsed.data, id, seq: Number(match[1]), controller: nameOf(parsed.data.controller) });
}

/** The names of controllers, each once for all the entries that have it. */
const names = new Map<string, string>();

function nameOf(controller: string): string {
  const known = names.get(controller);
  if (known === undefined) {
    names.set(controller, controller);
  }
  return known ?? controller;
}

export function newEntry(fields: Pick<Entry, 'seq' | 'id' | keyof z.infer<typeof pending>>): Entry {
  const { seq, id, subject, controller, isPassing, bytes } = fields;
  return {
    seq,
    id,
    subject,
    controller,
    isPassing,
    bytes,
    isSuperseded: false,
    isTaken: false,
    isParked: false,
    isGone: false,
  };
}

/** A report's first line. */
const label = z.object({
  controller: z.string(),
  subject: z.string(),
  eventId: z.string(),
  outcome: z.enum(['failing', 'passing']),
});
export type Label = z.infer<typeof label>;

export function encodeBody({ controller, subject, eventId, outcome }: Label, json: string): string {
  return `${JSON.stringify({ controller, subject, eventId, outcome })}\n${json}`;
}

/** Null for what cannot be read. */
export function decodeBody(
  text: string | undefined,
): { readonly label: Label; readonly json: string } | null {
  const end = text?.indexOf('\n') ?? -1;
  if (text === undefined || end === -1) {
    return null;
  }
  const parsed = label.safeParse(readJson(text.slice(0, end)));
  return parsed.success ? { label: parsed.data, json: text.slice(end + 1) } : null;
}

const dead = z.object({
  ...label.shape,
  bytes: z.int(),
  refusedAt: z.number(),
  refusal: z.object({
    status: z.int(),
    code: z.string(),
    message: z.string(),
    details: z.array(z.object({ path: z.string(), message: z.string() })),
  }),
});
export type DeadRecord = Omit<DeadLetter, 'id'> & { readonly bytes: number };

export function encodeDead(record: DeadRecord): string {
  return JSON.stringify(record);
}

/** Null for what cannot be read. */
export function decodeDead(text: string | undefined): DeadRecord | null {
  const parsed = dead.safeParse(readJson(text ?? ''));
  return parsed.success ? parsed.data : null;
}

export function toDeadLetter(id: string, record: DeadRecord): DeadLetter {
  const { bytes: _, ...fields } = record;
  return { id, ...fields };
}
