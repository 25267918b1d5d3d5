/** The middle one, or the mean of the two in the middle; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? sorted.at(-1) ?? 0)) / 2;
}

/** How the medians compare: 0.5 where the first is half the second. */
export function ratio(values: readonly number[], others: readonly number[]): number {
  return median(values) / median(others);
}

/** With as many digits as say something: `14,312`, `47.1`, `0.83`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) {
    return '–';
  }
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
