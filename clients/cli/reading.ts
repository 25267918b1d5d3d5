import { UsageError } from './failure.ts';
import { readDuration } from './output/age.ts';

/** Readers of what is typed behind an option: each makes a value, or says what would be right. */

/** Some of the words, with commas between them, in any case. */
export function someOf(words: readonly string[]) {
  return (text: string): string[] =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map((part) => oneOf(words)(part));
}

export function oneOf(words: readonly string[]) {
  return (text: string): string => {
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw new UsageError(`${JSON.stringify(text)} is none of ${words.join(', ')}`);
    return found;
  };
}

export function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new UsageError(`${JSON.stringify(text)} is no whole number from ${least} to ${most}`);
  };
}

/** Milliseconds, of `5m` or `1h30m`. */
export function duration(text: string): number {
  const value = readDuration(text);
  if (value === null)
    throw new UsageError(`${JSON.stringify(text)} is no duration such as 30s, 5m, 2h or 7d`);
  return value;
}

export function readTimeout(text: string): number {
  const value = duration(text);
  if (value < 1 || value > 3_600_000) throw new UsageError(`${JSON.stringify(text)} is not from 1s to 1h`);
  return value;
}

/** A moment: a time, a date, or how far it is away, in the past or ahead. */
export interface When {
  /** RFC 3339; null where `away` says it. */
  readonly at: string | null;
  /** Milliseconds. */
  readonly away: number;
}

export function when(text: string): When {
  const away = readDuration(text);
  if (away !== null && /[smhdw]$/.test(text)) return { at: null, away };
  const dated = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  if (/^\d{4}-\d{2}-\d{2}T/.test(dated) && !Number.isNaN(Date.parse(dated))) {
    return { at: new Date(dated).toISOString(), away: 0 };
  }
  throw new UsageError(
    `${JSON.stringify(text)} is no time: write 2026-01-31, 2026-01-31T08:00:00Z, or how long such as 2h or 7d`,
  );
}
