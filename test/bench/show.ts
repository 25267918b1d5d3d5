import { cpus, totalmem } from 'node:os';
import { type Column, tableLines } from '../demo/table.ts';
import { figure, median, ratio } from './figures.ts';
import type { Row } from './scenario.ts';

/** A row, and the scenario it is of. */
export interface Entry extends Row {
  readonly scenario: string;
}

export interface Head {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly runs: number;
  readonly quick: boolean;
  readonly durable: boolean;
  /** Milliseconds that the disk takes to keep 8 KB. */
  readonly diskLatency: number;
  readonly against: string | undefined;
  readonly connections: number;
}

/** What the table's figures rest on. */
export function headLines(head: Head): readonly string[] {
  const { durable, diskLatency, runs, quick, against, connections } = head;
  const commits = durable
    ? 'each commit waits for the disk (--durable)'
    : 'synchronous_commit=off, the rest as Kite starts it (--durable waits for the disk)';
  return [
    `Kite's bench: ${cpus().length} cores (Postgres, gateway and load generator together), ${figure(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}.`,
    `Postgres: ${commits}; this disk keeps 8 KB in ${figure(diskLatency)} ms.`,
    `The gateway and the limit have ${connections} connections to Postgres each; 16 callers unless the row says otherwise.`,
    `Median of ${runs} ${runs === 1 ? 'run' : 'runs'} (least–most). Latencies are Kite's, in milliseconds.`,
    ...(against === undefined ? [] : [`Against ${against}: the same requests in turn.`]),
    ...(quick ? ['Quick: these figures say nothing.'] : []),
  ];
}

function spread(values: readonly number[] | undefined): string {
  if (values === undefined || values.length === 0) {
    return '';
  }
  const middle = figure(median(values));
  return values.length === 1
    ? middle
    : `${middle} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`;
}

function middle(values: readonly number[] | undefined): string {
  return values === undefined || values.length === 0 ? '' : figure(median(values));
}

const columns: readonly Column<Entry>[] = [
  { title: 'scenario', text: (row) => row.scenario },
  { title: 'what', text: (row) => row.what },
  { title: 'measured', text: (row) => `${spread(row.values)} ${row.unit}`, align: 'right' },
  { title: 'p50', text: (row) => middle(row.p50), align: 'right' },
  { title: 'p99', text: (row) => middle(row.p99), align: 'right' },
  { title: 'p99/p50', text: (row) => tail(row), align: 'right' },
  { title: 'limit', text: (row) => middle(row.limit?.values), align: 'right' },
  { title: 'of limit', text: ofLimit, align: 'right' },
  { title: 'against', text: (row) => middle(row.against?.values), align: 'right' },
  { title: 'times', text: timesOther, align: 'right' },
  { title: 'errors', text: (row) => String(row.errors), align: 'right' },
  { title: 'must be', text: (row) => row.requirement?.text ?? '' },
  { title: 'met', text: (row) => (row.requirement === undefined ? '' : row.requirement.met ? 'yes' : 'NO') },
];

function tail({ p50, p99 }: Row): string {
  return p50 === undefined || p99 === undefined ? '' : figure(ratio(p99, p50));
}

function ofLimit(row: Row): string {
  return row.limit === undefined ? '' : `${Math.round(ratio(row.values, row.limit.values) * 100)} %`;
}

function timesOther(row: Row): string {
  return row.against === undefined ? '' : `${figure(ratio(row.values, row.against.values))} ×`;
}

/** The table, without columns that say nothing, and what else must be said, a line each. */
export function rowLines(entries: readonly Entry[]): readonly string[] {
  const used = columns.filter(({ text }) => entries.some((entry) => text(entry) !== ''));
  const { head, body } = tableLines(used, entries, Number.POSITIVE_INFINITY);
  const notes = entries.flatMap(({ what, notes = [] }) => notes.map((note) => `${what}: ${note}`));
  return [head, ...body, ...(notes.length > 0 ? ['', ...notes] : [])];
}
