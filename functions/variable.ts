import * as z from 'zod/mini';

interface About {
  readonly default: string;
  readonly meaning: string;
  readonly secret?: true;
}

/** What the documentation says of each variable. */
export const about = z.registry<About>();

/** A variable without a default; `complaint` continues `NAME: "value" …`. */
function variable<T>(complaint: string, parse: (text: string) => T | undefined, described: About) {
  const schema = z.pipe(
    z.string(),
    z.transform((text: string, context): T => {
      const value = parse(text);
      if (value === undefined) {
        context.issues.push({ code: 'custom', message: complaint, input: text });
        return z.NEVER;
      }
      return value;
    }),
  );
  about.add(schema, described);
  return schema;
}

/** A variable whose default is parsed as if it had been written. */
export function defaulted<T>(complaint: string, parse: (text: string) => T | undefined, described: About) {
  const schema = z.prefault(variable(complaint, parse, described), described.default);
  about.add(schema, described);
  return schema;
}

/** A variable that may be absent. */
export function optional<T>(complaint: string, parse: (text: string) => T | undefined, described: About) {
  const schema = z.optional(variable(complaint, parse, described));
  about.add(schema, described);
  return schema;
}

/** Reads a whole number between two, both included. */
export function parseInteger(least: number, most: number) {
  return (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    return value >= least && value <= most ? value : undefined;
  };
}

/** @param what continues the complaint, such as `a port` */
export function integer(what: string, least: number, most: number, described: About) {
  return defaulted(`is not ${what} between ${least} and ${most}`, parseInteger(least, most), described);
}

const units = { ms: 1, s: 1000, m: 60_000 } as const;
const longest = 60 * units.m;

/** A duration in milliseconds. */
export function duration(described: About, least = 1) {
  return defaulted(
    `is not a duration from ${least}ms to 60m, such as 500ms, 5s or 2m; a plain number counts milliseconds`,
    (text) => {
      const [, digits, unit = 'ms'] = /^(\d{1,9})(ms|s|m)?$/.exec(text) ?? [];
      const value = Number(digits) * (unit === 's' || unit === 'm' ? units[unit] : units.ms);
      return value >= least && value <= longest ? value : undefined;
    },
    described,
  );
}

/** Reads one of these words, in capitals or not. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return (text: string): Words[number] | undefined => words.find((word) => word === text.toLowerCase());
}
