import type { JournalOptions } from './types.ts';

/** One dead letter may be kept for so many reports. */
const reportsToDead = 20;

export interface Bounds {
  readonly mostReports: number;
  readonly mostBytes: number;
  readonly mostDead: number;
  readonly mostBytesInMemory: number;
  readonly mostRemembered: number;
}

export function boundsOf(options: JournalOptions): Bounds {
  const mostReports = options.mostReports ?? 200_000;
  return {
    mostReports,
    mostBytes: options.mostBytes ?? 1024 ** 3,
    mostDead: Math.max(1, Math.floor(mostReports / reportsToDead)),
    mostBytesInMemory: options.mostBytesInMemory ?? 16 * 1024 * 1024,
    mostRemembered: options.mostRemembered ?? 0,
  };
}
