import { aws_cloudwatch as cloudwatch, type Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { reportStatuses } from '../../core/domain/report.ts';

/** What handlers count of reports, one metric for each outcome, as functions/http/metric-lines.ts names them. */
export const reportMetrics = reportStatuses.map((status) => ({
  status,
  name: `Reports${status.charAt(0).toUpperCase()}${status.slice(1)}`,
}));

/** A number that handlers count, of this stack. */
export function kiteMetric(scope: Construct, metricName: string, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'Kite',
    metricName,
    dimensionsMap: { Service: Stack.of(scope).stackName },
    statistic: 'Sum',
    period,
  });
}

/** The sum of metrics, of which some may have no value. */
export function sumOf(
  metrics: readonly cloudwatch.IMetric[],
  period: Duration,
  label: string,
): cloudwatch.MathExpression {
  const named = metrics.map((metric, index) => [`m${index}`, metric] as const);
  return new cloudwatch.MathExpression({
    expression: named.map(([name]) => `FILL(${name}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(named),
    label,
    period,
  });
}
