import * as z from 'zod/mini';
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
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

/** Null when the text is not a cursor of ours. */
export function decodeMoment(text: string): Moment | null {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
  const parsed = content.safeParse(json);
  return parsed.success ? { at: parsed.data[0], id: parsed.data[1] } : null;
}
