/**
 * What the stack of `infra/config/prod.json` costs a month, by what is done with it. Prices are those of us-east-1 as they
 * were known in November 2025, in dollars, without free tiers and taxes.
 */

const hours = 730;
const days = 30.4;

/** Dollars for one of what the name says. */
const prices = {
  natHour: 0.045,
  natGb: 0.045,
  publicAddressHour: 0.005,
  endpointHour: 0.01,
  /** db.t4g.small, PostgreSQL, one zone. */
  databaseHour: 0.032,
  storageGbMonth: 0.115,
  proxyVcpuHour: 0.015,
  secretMonth: 0.4,
  alarmMetricMonth: 0.1,
  dashboardMonth: 3,
  metricMonth: 0.3,
  apiRequest: 3.5e-6,
  lambdaRequest: 0.2e-6,
  /** arm64. */
  lambdaGbSecond: 0.0000133334,
  trace: 5e-6,
  logGb: 0.5,
  logGbMonth: 0.03,
  outGb: 0.09,
} as const;

/** What the stack holds; test/infra/costs.test.ts holds it to the template. */
export const parts = {
  databaseGb: 20,
  /** The least that a proxy is billed for. */
  proxyVcpus: 2,
  secrets: 2,
  alarmMetrics: 47,
  ingestMb: 1024,
  readMb: 1024,
  wordsMb: 512,
  wordsPerHour: 60,
} as const;

/** Assumed of a report, and of the reads that come with it. */
export const assumed = {
  /** Milliseconds that a warm function works on a report, and on a read. */
  reportMs: 25,
  readMs: 25,
  wordsMs: 30,
  readsPerReport: 0.5,
  /** Bytes of all log lines of a request. */
  logBytes: 1200,
  /** Bytes of the answer to a report and to a read; of both, what leaves AWS. */
  reportAnswerBytes: 1500,
  readAnswerBytes: 10_000,
  /** Bytes on disk of a report in the history, with its issue and all indexes (npm run bench -- growth), and for how long. */
  historyBytes: 1300,
  historyDays: 180,
  /** Kinds of outcomes of reports: metrics of their own. */
  metrics: 8,
} as const;

export const egresses = ['nat', 'none', 'existing'] as const;
export type EgressChoice = (typeof egresses)[number];

export interface CostLine {
  readonly what: string;
  /** As it is multiplied. */
  readonly sum: string;
  /** A month. */
  readonly dollars: number;
}

const gb = 1e9;
const amount = (value: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: 4, useGrouping: true });

/** Factors and their product. */
function line(what: string, ...factors: readonly (readonly [value: number, unit: string])[]): CostLine {
  const sum = factors.map(([value, unit]) => `${amount(value)}${unit === '' ? '' : ` ${unit}`}`).join(' × ');
  return { what, sum, dollars: factors.reduce((product, [value]) => product * value, 1) };
}

const dollar = (value: number, per: string) => [value, `$/${per}`] as const;

/** What is paid whether anybody asks or not; only the disk grows with what is kept. */
function fixed(egress: EgressChoice, reportsPerDay: number): CostLine[] {
  const history = (reportsPerDay * assumed.historyDays * assumed.historyBytes) / gb;
  // It grows when a tenth is left.
  const disk = Math.max(parts.databaseGb, Math.ceil(history / 0.9));
  const way: Record<EgressChoice, CostLine[]> = {
    nat: [
      line('NAT gateway', [hours, 'h'], dollar(prices.natHour, 'h')),
      line('its public address', [hours, 'h'], dollar(prices.publicAddressHour, 'h')),
    ],
    none: [line('endpoint for Secrets Manager, in one zone', [hours, 'h'], dollar(prices.endpointHour, 'h'))],
    existing: [],
  };
  const words = parts.wordsPerHour * hours;
  return [
    ...way[egress],
    line('database, db.t4g.small', [hours, 'h'], dollar(prices.databaseHour, 'h')),
    line('its disk', [disk, 'GB'], dollar(prices.storageGbMonth, 'GB')),
    line('proxy', [parts.proxyVcpus, 'vCPU'], [hours, 'h'], dollar(prices.proxyVcpuHour, 'vCPU h')),
    line('secrets', [parts.secrets, ''], dollar(prices.secretMonth, 'secret')),
    line('alarms', [parts.alarmMetrics, 'metrics'], dollar(prices.alarmMetricMonth, 'metric')),
    line('dashboard', [1, ''], dollar(prices.dashboardMonth, 'dashboard')),
    line('words, each minute: runs', [words, ''], dollar(prices.lambdaRequest, 'run')),
    line(
      'words: time',
      [words, 'runs'],
      [assumed.wordsMs / 1000, 's'],
      [parts.wordsMb / 1024, 'GB'],
      dollar(prices.lambdaGbSecond, 'GB s'),
    ),
    line('words: traces', [words, ''], dollar(prices.trace, 'trace')),
  ];
}

function perRequest(egress: EgressChoice, reportsPerDay: number): CostLine[] {
  if (reportsPerDay === 0) {
    return [];
  }
  const reports = reportsPerDay * days;
  const reads = reports * assumed.readsPerReport;
  const requests = reports + reads;
  const answers = (reports * assumed.reportAnswerBytes + reads * assumed.readAnswerBytes) / gb;
  const logs = (requests * assumed.logBytes) / gb;
  const time = (what: string, count: number, ms: number, mb: number) =>
    line(what, [count, ''], [ms / 1000, 's'], [mb / 1024, 'GB'], dollar(prices.lambdaGbSecond, 'GB s'));
  return [
    line('API Gateway', [requests, 'requests'], dollar(prices.apiRequest, 'request')),
    line('functions: runs', [requests, ''], dollar(prices.lambdaRequest, 'run')),
    time('functions: reports', reports, assumed.reportMs, parts.ingestMb),
    time('functions: reads', reads, assumed.readMs, parts.readMb),
    line('traces, at most', [requests, ''], dollar(prices.trace, 'trace')),
    line('logs, taken in', [logs, 'GB'], dollar(prices.logGb, 'GB')),
    line('logs, kept for a month', [logs, 'GB'], dollar(prices.logGbMonth, 'GB')),
    line('metrics of reports', [assumed.metrics, ''], dollar(prices.metricMonth, 'metric')),
    line('answers, out of AWS', [answers, 'GB'], dollar(prices.outGb, 'GB')),
    ...(egress === 'nat'
      ? [
          line(
            'answers of clusters through the NAT gateway, at most',
            [(requests * 2000) / gb, 'GB'],
            dollar(prices.natGb, 'GB'),
          ),
        ]
      : []),
  ];
}

/** Each thing that is paid for in a month, with its arithmetic. */
export function monthlyCosts(egress: EgressChoice, reportsPerDay: number): CostLine[] {
  return [...fixed(egress, reportsPerDay), ...perRequest(egress, reportsPerDay)];
}

export function total(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}
