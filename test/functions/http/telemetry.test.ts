import { beforeEach, expect, test } from 'vitest';
import type { OperationId } from '../../../core/contract/operations.ts';
import { reportStatuses } from '../../../core/domain/report.ts';
import { metricLines } from '../../../functions/http/metric-lines.ts';
import { outcomesOf } from '../../../functions/http/telemetry.ts';
import { at, failing, freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';

const told: { operation: OperationId; outcomes: Readonly<Record<string, number>> }[] = [];
const kite = useKite({
  telemetry: { reported: (operation, outcomes) => void told.push({ operation, outcomes }) },
});
beforeEach(() => {
  told.length = 0;
});

test('a batch is told once, with how many of its reports ended in which way', async () => {
  const namespace = freshNamespace();
  const other = freshNamespace();
  const first = failing(namespace, 0);
  await kite.statuses(first, failing(other, 0));
  await kite.statuses(first, { ...failing(namespace, 60), severity: 'unheard of' }, failing(other, 120));
  expect(told).toEqual([
    { operation: 'reports.apply', outcomes: { opened: 2 } },
    { operation: 'reports.apply', outcomes: { duplicate: 1, rejected: 1, updated: 1 } },
  ]);
});

test('webhooks and POST /issues are told as the reports that they are', async () => {
  const namespace = freshNamespace();
  const run = { namespace, pipelineName: 'checkout' };
  await kite.failure('pipeline-failure', { ...run, runId: 'a', failureReason: 'boom', observedAt: at(0) });
  await kite.failure('pipeline-failure', { ...run, runId: 'a', failureReason: 'boom', observedAt: at(0) });
  await kite.success('pipeline-success', { ...run, runId: 'b', observedAt: at(60) });
  await kite.create(issueBody(namespace));
  await kite.create(issueBody(freshNamespace(), { state: 'RESOLVED' }));
  expect(told).toEqual([
    { operation: 'webhooks.pipeline-failure', outcomes: { opened: 1 } },
    { operation: 'webhooks.pipeline-failure', outcomes: { duplicate: 1 } },
    { operation: 'webhooks.pipeline-success', outcomes: { resolved: 1 } },
    { operation: 'issues.create', outcomes: { opened: 1 } },
    { operation: 'issues.create', outcomes: { opened: 1, resolved: 1 } },
  ]);
});

test('a message that is refused is one that was rejected, whatever is wrong with it', async () => {
  const namespace = freshNamespace();
  await kite.post('/webhooks/pipeline-failure', { namespace });
  await kite.ask('POST', '/reports', { raw: '{', headers: { 'content-type': 'application/json' } });
  await kite.post('/issues/', issueBody(namespace, { observedAt: '2999-01-01T00:00:00Z' }));
  await kite.post('/issues/', issueBody(namespace), { query: { namespace: freshNamespace() } });
  expect(told).toEqual([
    { operation: 'webhooks.pipeline-failure', outcomes: { rejected: 1 } },
    { operation: 'reports.apply', outcomes: { rejected: 1 } },
    { operation: 'issues.create', outcomes: { rejected: 1 } },
    { operation: 'issues.create', outcomes: { rejected: 1 } },
  ]);
});

test('what a person does, what is read, and a message without a report are not told', async () => {
  const namespace = freshNamespace();
  const { id } = await kite.create(issueBody(namespace));
  told.length = 0;
  await kite.post(`/issues/${id}/resolve`, undefined);
  await kite.ask('PUT', `/issues/${id}`, { body: { title: 7 } });
  await kite.list({ namespace });
  await kite.post('/webhooks/mintmaker-custom', { namespace, pipelineId: 'p', type: 'error', logs: [] });
  expect(told).toEqual([]);
});

test('a line is one that CloudWatch makes metrics of, by nothing but the service', () => {
  const lines: string[] = [];
  const telemetry = metricLines({
    service: 'kite-prod',
    clock: () => 1_795_000_000_000,
    write: (line) => void lines.push(line),
  });
  telemetry.reported('reports.apply', outcomesOf(['opened', 'duplicate', 'opened']));
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      _aws: {
        Timestamp: 1_795_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Kite',
            Dimensions: [['Service']],
            Metrics: [
              { Name: 'ReportsOpened', Unit: 'Count' },
              { Name: 'ReportsDuplicate', Unit: 'Count' },
            ],
          },
        ],
      },
      Service: 'kite-prod',
      operation: 'reports.apply',
      ReportsOpened: 2,
      ReportsDuplicate: 1,
    },
  ]);
  expect(lines.join('')).toMatch(/^[^\n]+\n$/);
});

test('there is a metric for each status of a report, and for nothing else', () => {
  const lines: string[] = [];
  const telemetry = metricLines({ service: 'kite', clock: () => 0, write: (line) => void lines.push(line) });
  telemetry.reported('reports.apply', Object.fromEntries(reportStatuses.map((status) => [status, 1])));
  telemetry.reported('reports.apply', { 'of my own': 1, constructor: 3, opened: 0 });
  telemetry.reported('reports.apply', {});
  expect(lines).toHaveLength(1);
  const [line] = lines.map((text): Record<string, unknown> => JSON.parse(text));
  expect(Object.keys(line ?? {})).toEqual([
    '_aws',
    'Service',
    'operation',
    ...['ReportsOpened', 'ReportsUpdated', 'ReportsReopened', 'ReportsResolved', 'ReportsRecorded'],
    ...['ReportsDuplicate', 'ReportsStale', 'ReportsRejected'],
  ]);
});

test('who cannot write does not fail the request', () => {
  const telemetry = metricLines({
    service: 'kite',
    clock: () => 0,
    write: () => {
      throw new Error('EPIPE');
    },
  });
  expect(() => telemetry.reported('reports.apply', { opened: 1 })).not.toThrow();
});
