import { reportStatuses } from '../../core/domain/report.ts';
import type { Telemetry } from './telemetry.ts';

/** The name of a metric, by the status of a report: `ReportsOpened` and so on. There are no others. */
const metrics: ReadonlyMap<string, string> = new Map(
  reportStatuses.map((status) => [status, `Reports${status.charAt(0).toUpperCase()}${status.slice(1)}`]),
);

/**
 * Counts by lines in the log that CloudWatch makes metrics of (Embedded Metric Format): one line for each request that
 * brought reports, in the namespace `Kite`, by `Service` alone. The operation is a field to search for, not a
 * dimension: each value of one is paid for.
 *
 * @param options.service the installation whose metrics these are
 * @param options.clock milliseconds since 1970
 * @param options.write takes a whole line, with its end
 */
export function metricLines(options: {
  readonly service: string;
  readonly clock: () => number;
  readonly write: (line: string) => void;
}): Telemetry {
  return {
    reported(operation, outcomes) {
      const counts = Object.entries(outcomes).flatMap(([outcome, count]): [string, number][] => {
        const name = metrics.get(outcome);
        return name !== undefined && count > 0 ? [[name, count]] : [];
      });
      if (counts.length === 0) {
        return;
      }
      const directive = {
        Namespace: 'Kite',
        Dimensions: [['Service']],
        Metrics: counts.map(([Name]) => ({ Name, Unit: 'Count' })),
      };
      const line = {
        _aws: { Timestamp: options.clock(), CloudWatchMetrics: [directive] },
        Service: options.service,
        operation,
        ...Object.fromEntries(counts),
      };
      try {
        options.write(`${JSON.stringify(line)}\n`);
      } catch {
        // Who cannot write this line cannot write one about it; the reports are applied, and their answer goes out.
      }
    },
  };
}
