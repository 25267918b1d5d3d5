import * as z from 'zod/mini';
import { times } from '../../core/contract/fields.ts';

/**
 * Parts of schemas for objects of a cluster, whose form nobody promises: what is not as it should be counts as absent,
 * and nothing that is read with these parts ever throws.
 */

/** A text that says something; what is blank or no text is undefined. */
export const text = z.catch(
  z.optional(z.string().check(z.refine((value) => value.trim() !== ''))),
  () => undefined,
);

export const whole = z.catch(z.optional(z.int()), () => undefined);

/** An object with these fields; what is no object has none of them. */
export function part<Shape extends Record<string, z.ZodMiniType>>(shape: Shape) {
  const schema = z.object(shape);
  const empty = schema.parse({});
  // Absence is no failure, since the error that zod makes of one costs more than all else here.
  const given = z.pipe(
    z.transform((value: unknown) => value ?? {}),
    schema,
  );
  return z.catch(given, () => empty);
}

/** A list of parts; what is no list is empty. */
export function list<Element extends z.ZodMiniType>(element: Element) {
  const none = (): z.output<Element>[] => [];
  return z.catch(z._default(z.array(element), none), none);
}

const none: Readonly<Record<string, string>> = {};

/** The entries whose values are texts: labels and annotations. */
export const texts = z.catch(
  z._default(
    z.transform(
      (value: unknown): Readonly<Record<string, string>> =>
        typeof value !== 'object' || value === null || Array.isArray(value)
          ? none
          : Object.fromEntries(
              Object.entries(value).filter(
                (entry): entry is [string, string] => typeof entry[1] === 'string',
              ),
            ),
    ),
    () => none,
  ),
  () => none,
);

export const metadata = part({
  name: text,
  generateName: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  creationTimestamp: text,
  deletionTimestamp: text,
  labels: texts,
  annotations: texts,
});

export const condition = part({
  type: text,
  status: text,
  reason: text,
  message: text,
  lastTransitionTime: text,
});
export type Condition = z.output<typeof condition>;

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** A time of the cluster in milliseconds since 1970; undefined for what is none that Kite takes. */
export function timeOf(value: string | undefined): number | undefined {
  const time = value !== undefined && rfc3339.test(value) ? Date.parse(value) : Number.NaN;
  return time >= times.earliest && time <= times.latest ? time : undefined;
}

/** What a text that is JSON holds; undefined where it is none. */
export function json(value: string | undefined): unknown {
  try {
    return value === undefined ? undefined : JSON.parse(value);
  } catch {
    return undefined;
  }
}
