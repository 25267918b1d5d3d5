import type { Outcome } from './report.ts';

/** What places a report among the others of its identity. */
export interface Ordered {
  readonly observedAt: number;
  readonly subjectCreatedAt: number | null;
  readonly outcome: Outcome;
  readonly eventId: string;
  readonly source: string;
}

/** The moment that a report speaks of: when the judged thing was created, else when it was observed. */
export function orderTime(report: Pick<Ordered, 'observedAt' | 'subjectCreatedAt'>): number {
  return report.subjectCreatedAt ?? report.observedAt;
}

/**
 * The place of a report in the total order, as bytes that compare (memcmp, and `bytea` in Postgres) the
 * way the reports do: order time, then `observedAt`, then failing after passing, then event id, then
 * source, the last two as UTF-8. Neither may hold a zero byte, which separates them.
 */
export function orderKey(report: Ordered): Buffer {
  const head = Buffer.allocUnsafe(17);
  head.writeBigUInt64BE(BigInt(orderTime(report)), 0);
  head.writeBigUInt64BE(BigInt(report.observedAt), 8);
  head.writeUInt8(report.outcome === 'failing' ? 1 : 0, 16);
  return Buffer.concat([head, Buffer.from(`${report.eventId}\0${report.source}`, 'utf8')]);
}

/** The two times that an order key begins with. */
export function orderKeyTimes(key: Buffer): { readonly orderTime: number; readonly observedAt: number } {
  return { orderTime: Number(key.readBigUInt64BE(0)), observedAt: Number(key.readBigUInt64BE(8)) };
}
