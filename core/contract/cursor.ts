import * as z from 'zod/mini';
import { severities } from '../domain/report.ts';
import { readCursor, writeCursor } from './cursor-text.ts';
import { times } from './fields.ts';
import type { Sort } from './list.ts';

/** What stands for no time at all: the largest time that a Date can be. */
export const largestCursorValue = 8_640_000_000_000_000;

/** A place in a sorted list: what it is sorted by, that row's values of it, and the row's id. */
export interface CursorPlace {
  readonly sort: Sort;
  readonly values: readonly number[];
  readonly id: string;
}

const time = z.int().check(z.gte(times.earliest), z.lte(times.latest));
const rank = z.int().check(z.gte(0), z.lte(severities.length));
const content = z.union([
  z.tuple([z.enum(['detectedAt', 'lastSeenAt']), z.tuple([time]), z.uuid()]),
  z.tuple([z.literal('severity'), z.tuple([rank, time]), z.uuid()]),
  z.tuple([z.literal('dueAt'), z.tuple([z.union([time, z.literal(largestCursorValue)])]), z.uuid()]),
]);

export function encodeCursor({ sort, values, id }: CursorPlace): string {
  return writeCursor([sort, values, id]);
}

/** Null when the text is not a cursor of ours. */
export function decodeCursor(text: string): CursorPlace | null {
  const parsed = content.safeParse(readCursor(text));
  if (!parsed.success) {
    return null;
  }
  const [sort, values, id] = parsed.data;
  return { sort, values, id };
}
