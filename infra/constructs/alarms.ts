import {
  type aws_apigateway as apigateway,
  aws_cloudwatch as cloudwatch,
  Duration,
  type aws_sqs as sqs,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Database } from './database.ts';
import type { Handler } from './functions.ts';
import { kiteMetric, reportMetrics, sumOf } from './metrics.ts';

/** One alarm. Its name, up to a dash, is that of a section of docs/runbook.md. */
export interface Watch
  extends Pick<
    cloudwatch.AlarmProps,
    'threshold' | 'evaluationPeriods' | 'datapointsToAlarm' | 'comparisonOperator' | 'treatMissingData'
  > {
  readonly name: string;
  /** A sentence for whoever reads the mail. */
  readonly means: string;
  readonly metric: cloudwatch.IMetric;
}

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);
const { LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
/** Of Lambda and CloudWatch: an alarm may look at so many metrics. */
const mostMetrics = 10;

export function watchApi(api: apigateway.RestApi): Watch[] {
  return [
    {
      name: 'KiteApiFails',
      means: 'More than one request in a hundred fails at Kite itself.',
      metric: new cloudwatch.MathExpression({
        label: 'failures in a hundred requests',
        // One failure alone in the night is no alarm.
        expression: 'IF(requests >= 20, 100 * failures / requests, 0)',
        usingMetrics: {
          failures: api.metricServerError({ period: fiveMinutes, statistic: 'Sum' }),
          requests: api.metricCount({ period: fiveMinutes, statistic: 'Sum' }),
        },
        period: fiveMinutes,
      }),
      threshold: 1,
      evaluationPeriods: 2,
    },
    {
      name: 'KiteApiSlow',
      means: 'One request in a hundred takes two seconds or more.',
      metric: api.metricLatency({ period: fiveMinutes, statistic: 'p99' }),
      threshold: 2000,
      evaluationPeriods: 3,
    },
  ];
}

export function watchFunctions(props: {
  readonly handlers: readonly Handler[];
  readonly deadLetters: sqs.Queue;
}): Watch[] {
  const classes = [...new Set(props.handlers.map((handler) => handler.class))];
  return [
    ...classes.map((name): Watch => {
      const throttles = props.handlers
        .filter((handler) => handler.class === name)
        .map(({ lambda }) => lambda.metricThrottles({ period: minute, statistic: 'Sum' }));
      if (throttles.length > mostMetrics) {
        throw new Error(
          `An alarm looks at ${mostMetrics} functions at most, and ${name} has ${throttles.length}: divide the class.`,
        );
      }
      return {
        name: `KiteThrottled-${name}`,
        means: `Requests of the class ${name} are refused: all containers that it may have are at work.`,
        metric: sumOf(throttles, minute, 'refused'),
        threshold: 10,
        evaluationPeriods: 5,
        datapointsToAlarm: 3,
      };
    }),
    {
      name: 'KiteDeadLetters',
      means: 'Work by the clock was given up: old history stays, or new words are not found.',
      metric: props.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: fiveMinutes,
        statistic: 'Maximum',
      }),
      threshold: 1,
      evaluationPeriods: 1,
    },
  ];
}

export function watchDatabase({
  instance,
  proxy,
  mostConnections,
  storageBytes,
  memoryBytes,
}: Database): Watch[] {
  return [
    {
      name: 'KiteDatabaseBusy',
      means: 'The database’s processors have been busy for a quarter of an hour.',
      metric: instance.metricCPUUtilization({ period: fiveMinutes, statistic: 'Average' }),
      threshold: 80,
      evaluationPeriods: 3,
    },
    {
      name: 'KiteDatabaseConnections',
      means: `The database has nearly as many connections as it takes, ${mostConnections}.`,
      metric: instance.metricDatabaseConnections({ period: fiveMinutes, statistic: 'Maximum' }),
      threshold: Math.floor(mostConnections * 0.85),
      evaluationPeriods: 2,
    },
    {
      name: 'KiteDatabaseStorage',
      means: 'The database’s disk is nearly full, and has not grown by itself.',
      metric: instance.metricFreeStorageSpace({ period: fiveMinutes, statistic: 'Minimum' }),
      // Storage grows by itself when less than a tenth is free: this is half of that.
      threshold: storageBytes * 0.05,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
    },
    {
      name: 'KiteDatabaseMemory',
      means: 'The database has little memory left, and may begin to swap.',
      metric: instance.metricFreeableMemory({ period: fiveMinutes, statistic: 'Minimum' }),
      threshold: Math.floor(memoryBytes * 0.05),
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
    },
    {
      name: 'KiteProxyWaits',
      means: 'Requests wait for a connection to the database; those who wait for four seconds are refused.',
      metric: proxyMetric(proxy.dbProxyName, 'DatabaseConnectionsBorrowLatency', 'Maximum'),
      // Microseconds.
      threshold: 1_000_000,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
    },
    {
      name: 'KiteProxyRefused',
      means: 'The proxy cannot connect to the database, or functions cannot connect to the proxy.',
      metric: sumOf(
        ['DatabaseConnectionsSetupFailed', 'ClientConnectionsSetupFailedAuth'].map((name) =>
          proxyMetric(proxy.dbProxyName, name, 'Sum'),
        ),
        minute,
        'refused connections',
      ),
      threshold: 1,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
    },
  ];
}

function proxyMetric(ProxyName: string, metricName: string, statistic: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/RDS',
    metricName,
    dimensionsMap: { ProxyName },
    statistic,
    period: minute,
  });
}

export function watchReports(scope: Construct, silentHours: number | undefined): Watch[] {
  const hour = Duration.hours(1);
  const rejected: Watch = {
    name: 'KiteReportsRejected',
    means: 'More than a tenth of the reports are refused: a sender says what Kite cannot take.',
    metric: new cloudwatch.MathExpression({
      label: 'refused in a hundred reports',
      expression: 'IF(all >= 20, 100 * FILL(rejected, 0) / all, 0)',
      usingMetrics: {
        rejected: kiteMetric(scope, 'ReportsRejected', fiveMinutes),
        all: sumOf(
          reportMetrics.map(({ name }) => kiteMetric(scope, name, fiveMinutes)),
          fiveMinutes,
          'reports',
        ),
      },
      period: fiveMinutes,
    }),
    threshold: 10,
    evaluationPeriods: 3,
  };
  if (silentHours === undefined) {
    return [rejected];
  }
  const silent: Watch = {
    name: 'KiteSilent',
    means: `No report has come for ${silentHours} h: whoever sends them may be cut off.`,
    metric: sumOf(
      reportMetrics.map(({ name }) => kiteMetric(scope, name, hour)),
      hour,
      'reports',
    ),
    threshold: 1,
    comparisonOperator: LESS_THAN_THRESHOLD,
    evaluationPeriods: silentHours,
    // Without any report there is no figure at all.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  };
  return [rejected, silent];
}
