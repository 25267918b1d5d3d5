import * as z from 'zod/mini';
import { limits, name, severity, url } from '../../core/contract/fields.ts';
import { parseSelector, type Selector } from './selector.ts';

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Timers take no more than 24 days. */
const longest = 14 * units.d;

/** A span of time such as `90s`, `30m`, `2h` or `7d`; in milliseconds. */
export const duration = z.pipe(
  z.pipe(
    z
      .string()
      .check(z.regex(/^[1-9]\d{0,6}[smhd]$/, { error: 'is not a span of time such as 90s, 30m, 2h or 7d' })),
    z.transform((value: string) => {
      const unit = value.slice(-1) as keyof typeof units;
      return Number(value.slice(0, -1)) * units[unit];
    }),
  ),
  z.number().check(z.lte(longest, { error: 'is longer than 14 days' })),
);

const selector = z.pipe(
  z.string().check(
    z.refine((value) => parseSelector(value) !== null, {
      error: 'is not a label selector such as app=a,tier!=b,env in (c,d)',
    }),
  ),
  z.transform((value: string): Selector => parseSelector(value) ?? []),
);

/** What all controllers are told of where they are. */
export const surroundings = z.object({
  /** The cluster that reports name; the server's own when absent. */
  clusterName: z.optional(name(limits.name, 'The cluster that reports name.')),
  /** Where the console's pages begin, without a slash at the end; no links to it when absent. */
  consoleUrl: z.optional(
    z.pipe(
      url,
      z.transform((value: string) => value.replace(/\/+$/, '')),
    ),
  ),
  /** Which severity failures of an object have whose labels are selected: the first that fits counts. */
  severityOverrides: z._default(z.array(z.strictObject({ selector, severity })), []),
});
export type Surroundings = z.output<typeof surroundings>;
