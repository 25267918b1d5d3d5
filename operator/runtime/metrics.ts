import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Telemetry } from './telemetry.ts';

interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

const quick = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const slow = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * All that the operator counts, by the name that the code uses. Prometheus gets it with `kite_operator_` before it, and a
 * counter with `_total` behind it.
 */
export const metrics: Readonly<Record<string, Metric>> = {
  watched_objects: {
    kind: 'gauge',
    help: 'Objects that a controller watches.',
    labels: ['controller'],
  },
  queue_depth: {
    kind: 'gauge',
    help: 'Objects that wait to be observed, or are being observed.',
    labels: ['controller'],
  },
  queue_age_seconds: {
    kind: 'gauge',
    help: 'Since when the object that waits longest to be observed has waited.',
    labels: ['controller'],
  },
  observations: {
    kind: 'counter',
    help: 'Looks at an object: reported, known (nothing new to say), nothing (to say), failed (tried again).',
    labels: ['controller', 'outcome'],
  },
  observed_reports: {
    kind: 'counter',
    help: 'Reports that were made, and are in the journal or were taken of late: failing or passing.',
    labels: ['controller', 'outcome'],
  },
  observe_seconds: {
    kind: 'histogram',
    help: 'How long a look at an object takes, with what else is read and the writing of the journal.',
    labels: ['controller'],
    buckets: quick,
  },
  list_seconds: {
    kind: 'histogram',
    help: 'How long it takes to list everything of one watch.',
    labels: ['controller'],
    buckets: slow,
  },
  watch_restarts: {
    kind: 'counter',
    help: 'Watches that broke off and led to a fresh list, by reason.',
    labels: ['controller', 'reason'],
  },
  malformed_objects: {
    kind: 'counter',
    help: 'Items of the API server that are no objects, and objects that could not be trimmed.',
    labels: ['controller'],
  },
  leader: { kind: 'gauge', help: '1 while this replica observes: it holds the lease, or needs none.' },
  lease_failures: { kind: 'counter', help: 'Attempts to read or write the lease that failed.' },
  reports_journalled: {
    kind: 'counter',
    help: 'Reports that were put into the journal; not one that is pending already, or that Kite took of late.',
    labels: ['controller'],
  },
  reports_sent: {
    kind: 'counter',
    help: 'Answers of Kite to single reports: what became of it, rejected (a dead letter now) or retryable.',
    labels: ['controller', 'outcome'],
  },
  reports_dropped: {
    kind: 'counter',
    help: 'Reports that were lost, by reason; each is named in the log.',
    labels: ['controller', 'reason'],
  },
  journal_pending_reports: { kind: 'gauge', help: 'Reports in the journal that Kite has not taken yet.' },
  journal_oldest_seconds: {
    kind: 'gauge',
    help: 'Since when the report that waits longest to be taken has waited.',
  },
  journal_dead_letters: { kind: 'gauge', help: 'Reports in the journal that Kite refused for good.' },
  journal_bytes: { kind: 'gauge', help: 'Bytes of all reports in the journal.' },
  journal_limit_reports: { kind: 'gauge', help: 'How many reports the journal may keep.' },
  journal_writable: {
    kind: 'gauge',
    help: '1 while the disk takes what is written, 0 while memory must do.',
  },
  journal_write_failures: { kind: 'counter', help: 'Writes to the journal that failed.' },
  journal_repairs: { kind: 'counter', help: 'Times that the journal was repaired when it was opened.' },
  journal_write_seconds: {
    kind: 'histogram',
    help: 'How long a write to the journal takes until it is on the disk.',
    buckets: quick,
  },
  send_seconds: {
    kind: 'histogram',
    help: 'How long a batch takes until it is answered, or given up.',
    buckets: slow,
  },
  send_retries: {
    kind: 'counter',
    help: 'Batches that are sent again, by HTTP status, or unreachable, or timeout.',
    labels: ['reason'],
  },
  send_last_success_seconds: {
    kind: 'gauge',
    help: 'When Kite last took a batch, in seconds since 1970; 0 when it never did.',
  },
  send_circuit_open: { kind: 'gauge', help: '1 while so many attempts have failed that few are made.' },
  ready: { kind: 'gauge', help: '1 while /readyz says so.' },
  config_valid: {
    kind: 'gauge',
    help: '0 while the configuration file is wrong and the one before it still counts.',
  },
  config_reloads: { kind: 'counter', help: 'Times that a changed configuration was taken over.' },
  info: { kind: 'gauge', help: 'Always 1; the labels say what runs.', labels: ['version', 'node'] },
};

const prefix = 'kite_operator_';

/** As Prometheus knows it. */
export function exposedName(name: string): string {
  return `${prefix}${name}${metrics[name]?.kind === 'counter' ? '_total' : ''}`;
}

export interface Metrics extends Telemetry {
  /** All of them in the text format of Prometheus, beside what prom-client tells of the process. */
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

type Labels = Readonly<Record<string, string>>;

/** The metrics of one operator. One that is not in the table is counted under `undeclared`, by its name. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const undeclared = new Counter({
    name: `${prefix}undeclared_total`,
    help: 'Uses of metrics that the table in operator/runtime/metrics.ts lacks; there should be none.',
    labelNames: ['metric'],
    registers: [registry],
  });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, { kind, help, labels = [], buckets = [] }] of Object.entries(metrics)) {
    const made = { name: exposedName(name), help, labelNames: [...labels], registers: [registry] };
    switch (kind) {
      case 'counter':
        counters.set(name, new Counter(made));
        break;
      case 'gauge':
        gauges.set(name, new Gauge(made));
        break;
      case 'histogram':
        histograms.set(name, new Histogram({ ...made, buckets: [...buckets] }));
        break;
    }
  }
  /** @param write given the labels that are declared */
  const use = <M>(
    all: ReadonlyMap<string, M>,
    name: string,
    labels: Labels,
    write: (to: M, by: Labels) => void,
  ) => {
    const found = all.get(name);
    const known = metrics[name]?.labels ?? [];
    if (found === undefined || Object.keys(labels).some((label) => !known.includes(label))) {
      undeclared.inc({ metric: name });
    }
    if (found !== undefined) {
      write(found, Object.fromEntries(Object.entries(labels).filter(([label]) => known.includes(label))));
    }
  };
  return {
    count: (name, labels = {}, by = 1) => use(counters, name, labels, (to, known) => to.inc(known, by)),
    gauge: (name, value, labels = {}) => use(gauges, name, labels, (to, known) => to.set(known, value)),
    time: (name, seconds, labels = {}) =>
      use(histograms, name, labels, (to, known) => to.observe(known, seconds)),
    text: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
