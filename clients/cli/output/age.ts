const units = [
  ['y', 31_536_000_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** How long ago, in one unit: `3h`. What lies ahead is now. */
export function age(time: string | null, now: number): string {
  const at = time === null ? Number.NaN : Date.parse(time);
  if (Number.isNaN(at)) return '-';
  const past = Math.max(0, now - at);
  const [unit, size] = units.find(([, least]) => past >= least) ?? ['s', 1000];
  return `${Math.floor(past / size)}${unit}`;
}

/** A moment for people: `2026-11-21 16:57:01`, in UTC. */
export function moment(time: string | null): string {
  if (time === null || Number.isNaN(Date.parse(time))) return '-';
  return new Date(time).toISOString().replace('T', ' ').slice(0, 19);
}

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90s`, `5m`, `1h30m`, `2d` in milliseconds; a bare number is seconds. Null when it is none of these. */
export function readDuration(text: string): number | null {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^(\d{1,6}[smhdw])+$/.test(text)) return null;
  return [...text.matchAll(/(\d+)([smhdw])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (seconds[unit ?? ''] ?? 0) * 1000,
    0,
  );
}
