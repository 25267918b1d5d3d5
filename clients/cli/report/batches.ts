/** Reports that the API takes in one request. */
export const mostReports = 500;
/** Bytes that the API takes in one request. */
export const mostBytes = 4 * 1024 * 1024;

const envelope = Buffer.byteLength('{"reports":[]}');

/** Reports that follow each other, small enough for one request. */
interface Batch {
  /** The place of the first one among all. */
  readonly first: number;
  readonly reports: readonly unknown[];
}

export interface Cut {
  readonly batches: readonly Batch[];
  /** Places of reports that fit into no request. */
  readonly tooLarge: readonly number[];
}

/** Cuts reports into requests within the API's limits, in their order. */
export function cutIntoBatches(reports: readonly unknown[]): Cut {
  const batches: { first: number; reports: unknown[] }[] = [];
  const tooLarge: number[] = [];
  let bytes = 0;
  for (const [index, report] of reports.entries()) {
    // With the comma before it.
    const size = Buffer.byteLength(JSON.stringify(report)) + 1;
    if (envelope + size > mostBytes) {
      tooLarge.push(index);
      continue;
    }
    const last = batches.at(-1);
    const follows = last !== undefined && last.first + last.reports.length === index;
    if (follows && last.reports.length < mostReports && bytes + size <= mostBytes) {
      last.reports.push(report);
      bytes += size;
    } else {
      batches.push({ first: index, reports: [report] });
      bytes = envelope + size;
    }
  }
  return { batches, tooLarge };
}
