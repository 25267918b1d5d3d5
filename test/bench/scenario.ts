import type { LoadPlan, LoadResult } from './load/plan.ts';

/** A Postgres server of the bench's own. */
export interface BenchPostgres {
  /** The address of its database `kite`, migrated. */
  readonly url: string;
  /** The folder of its data, as `startEmbedded` takes it. */
  readonly directory: string;
  /** The postmaster. */
  readonly pid: number;
  /** Ends the server; its data stays when its folder was given, and is removed else. */
  stop(): Promise<void>;
}

/** Kite as `npm start` runs it in a process of its own. */
export interface BenchGateway {
  readonly url: string;
  readonly pid: number;
  /** Resident memory of the process, in bytes. */
  rss(): Promise<number>;
  /** SIGTERM, and waits for the end. An end with another code than 0 is an error. */
  stop(): Promise<void>;
}

/** What a scenario has at hand. Whatever it starts is stopped when it ends, also when it fails or is interrupted. */
export interface Context {
  /** How often each thing is measured; the table shows the median. */
  readonly runs: number;
  /** To try the harness: short durations and small numbers, whose figures say nothing. */
  readonly quick: boolean;
  /** The base URL of another server that speaks the v1 contract, asked the same in turn with Kite. */
  readonly against: string | undefined;
  /** How long the mixed load of `start` lasts, in minutes. */
  readonly soakMinutes: number;
  /** Aborted when the bench is interrupted. */
  readonly signal: AbortSignal;
  /**
   * A server with the product's own binaries and settings; `synchronous_commit` is off, but with `--durable`.
   *
   * @param options.dataDirectory an existing folder, or one to be made, that is kept; a temporary one when absent
   */
  startPostgres(options?: { readonly dataDirectory?: string }): Promise<BenchPostgres>;
  /**
   * The bundled gateway with 16 connections to the database; with `quick` from its sources, so that nothing is built.
   *
   * @param databaseUrl undefined: it starts the embedded database of KITE_DATA itself
   */
  startGateway(
    databaseUrl: string | undefined,
    env?: Readonly<Record<string, string>>,
  ): Promise<BenchGateway>;
  /** A folder of this bench alone; removed, after a Postgres that runs in it was ended. */
  temporaryFolder(): Promise<string>;
  /** Sends requests from a process of their own; with a `postgres://` address, the statements that Kite would send. */
  load(plan: LoadPlan): Promise<LoadResult>;
  /** A line for whoever waits; goes to stderr. */
  log(line: string): void;
}

/** One line of the table. All numbers of one kind are one a run, in the order of the runs. */
export interface Row {
  /** What was measured: "single failing webhook, new keys". */
  readonly what: string;
  /** Of `values` and of what they are compared with, such as `req/s`, `reports/s`, `ms`, `MB`. */
  readonly unit: string;
  readonly values: readonly number[];
  /** Latencies in milliseconds. */
  readonly p50?: readonly number[];
  readonly p99?: readonly number[];
  /** Over all runs; any makes the bench exit with 1. */
  readonly errors: number;
  /** What the errors were, shortened; and whatever else must be said of the row. */
  readonly notes?: readonly string[];
  /** The same statements sent straight to Postgres. */
  readonly limit?: Compared;
  /** The same requests to the server of `--against`. */
  readonly against?: Compared;
  readonly requirement?: Requirement;
}

export interface Compared {
  readonly values: readonly number[];
  readonly p50?: readonly number[];
  readonly p99?: readonly number[];
}

export interface Requirement {
  /** As the table says it: "≥ 50 % of the limit". */
  readonly text: string;
  readonly met: boolean;
}

export interface Scenario {
  /** As it is named on the command line. */
  readonly name: string;
  /** One line for --help. */
  readonly about: string;
  run(context: Context): AsyncIterable<Row>;
}
