const day = 86_400_000;

/** A quarter of a year in UTC, which is what one partition of the history holds. */
export interface Quarter {
  /** `events_2026_q4` */
  readonly partition: string;
  /** Milliseconds since 1970; the first moment inside, the first moment after. */
  readonly from: number;
  readonly until: number;
}

export function quarterOf(time: number): Quarter {
  const date = new Date(time);
  const [year, quarter] = [date.getUTCFullYear(), Math.floor(date.getUTCMonth() / 3)];
  return {
    partition: `events_${year}_q${quarter + 1}`,
    from: Date.UTC(year, quarter * 3),
    until: Date.UTC(year, quarter * 3 + 3),
  };
}

/** How far ahead partitions are made, in milliseconds: longer than any pause between two calls. */
const ahead = 45 * day;

/** The quarters that history may be filed in, from the horizon on. */
export function quartersToKeep(now: number, days: number): readonly Quarter[] {
  const quarters: Quarter[] = [];
  for (
    let quarter = quarterOf(dropBefore(now, days));
    quarter.from <= now + ahead;
    quarter = quarterOf(quarter.until)
  ) {
    quarters.push(quarter);
  }
  return quarters;
}

/**
 * Before this moment no history is needed: a day before the horizon, since what is inside may rest on
 * what stands directly before it.
 */
export function dropBefore(now: number, days: number): number {
  return now - (days + 1) * day;
}

/** Reports of older order times are stale. */
export function horizonOf(now: number, days: number): number {
  return now - days * day;
}
