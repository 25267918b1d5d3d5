import * as z from 'zod/mini';
import { readCursor, writeCursor } from './cursor-text.ts';
import { times } from './fields.ts';

/** A place in a list that is sorted by time, then by id. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly id: string;
}

const content = z.tuple([
  z.int().check(z.gte(times.earliest), z.lte(times.latest)),
  z.string().check(z.regex(/^[a-z0-9]{1,32}$/)),
]);

export function encodeMoment({ at, id }: Moment): string {
  return writeCursor([at, id]);
}

/** Null when the text is not a cursor of ours. */
export function decodeMoment(text: string): Moment | null {
  const parsed = content.safeParse(readCursor(text));
  return parsed.success ? { at: parsed.data[0], id: parsed.data[1] } : null;
}
