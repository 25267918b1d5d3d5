import { aws_cloudwatch as cloudwatch, Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { kiteMetric, reportMetrics } from './metrics.ts';
import type { Watched } from './watched.ts';

const period = Duration.minutes(5);
const width = 12;

export interface DashboardProps extends Watched {
  readonly alarms: readonly cloudwatch.Alarm[];
}

/** One page: is anything wrong, what comes in, how it is answered, and how the database is. */
export function dashboard(scope: Construct, id: string, props: DashboardProps): cloudwatch.Dashboard {
  const { alarms, api, handlers, database, deadLetters } = props;
  const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []) =>
    new cloudwatch.GraphWidget({ title, left, right, width, height: 6, stacked: false });
  const sum = { period, statistic: 'Sum' };
  const reports = reportMetrics.map(({ status, name }) =>
    kiteMetric(scope, name, period).with({ label: status }),
  );
  const rows: cloudwatch.IWidget[][] = [
    [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 3 })],
    [
      graph('Reports by outcome', reports),
      graph(
        'Requests and what failed',
        [api.metricCount(sum)],
        [api.metricClientError(sum), api.metricServerError(sum)],
      ),
    ],
    [
      graph(
        'Time to answer, ms',
        ['p50', 'p99'].map((statistic) => api.metricLatency({ period, statistic, label: statistic })),
      ),
      graph(
        'Containers at work by function',
        handlers.map(({ lambda }) => lambda.metric('ConcurrentExecutions', { period, statistic: 'Maximum' })),
      ),
    ],
    [
      graph(
        'Refused for want of a container',
        handlers.map(({ lambda }) => lambda.metricThrottles(sum)),
      ),
      graph(
        'Scheduled work: failures and dead letters',
        props.periodic.map(({ lambda }) => lambda.metricErrors(sum)),
        [deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' })],
      ),
    ],
  ];
  if (database !== undefined) {
    const { instance, proxy } = database;
    const ofProxy = (metricName: string, statistic: string) =>
      new cloudwatch.Metric({
        namespace: 'AWS/RDS',
        metricName,
        dimensionsMap: { ProxyName: proxy.dbProxyName },
        period,
        statistic,
      });
    rows.push(
      [
        graph(
          'Database: processor, %',
          [instance.metricCPUUtilization({ period })],
          [instance.metric('CPUCreditBalance', { period })],
        ),
        graph(
          'Connections: of the database, and waits for one in µs',
          [instance.metricDatabaseConnections({ period }), ofProxy('ClientConnections', 'Maximum')],
          [ofProxy('DatabaseConnectionsBorrowLatency', 'Maximum')],
        ),
      ],
      [
        graph(
          'Database: free storage, bytes',
          [instance.metricFreeStorageSpace({ period })],
          [instance.metricFreeableMemory({ period })],
        ),
        graph('Database: operations of the disk', [
          instance.metricReadIOPS({ period }),
          instance.metricWriteIOPS({ period }),
        ]),
      ],
    );
  }
  return new cloudwatch.Dashboard(scope, id, {
    dashboardName: Stack.of(scope).stackName,
    defaultInterval: Duration.hours(6),
    widgets: rows,
  });
}
