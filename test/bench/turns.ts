import type { LoadPlan, LoadResult } from './load/plan.ts';
import type { Compared, Context, Row } from './scenario.ts';

/** Places of `from`, one after the other: no two reports of a bench are observed at the same moment. */
export interface Timeline {
  next: number;
}

const day = 86_400_000;

/** Begins so far back that what is sent at full speed does not reach the present. */
export function timeline(): Timeline {
  return { next: Date.now() - day };
}

/** Who is asked the same in turn. */
export interface Addresses {
  readonly kite: string;
  /** The `postgres://` address of Kite's database. */
  readonly limit?: string;
  readonly against?: string | undefined;
}

export interface Turns {
  readonly kite: readonly LoadResult[];
  readonly limit: readonly LoadResult[];
  readonly against: readonly LoadResult[];
  /** Reports that Kite's database got, by either way. */
  readonly reports: number;
}

export type Share = Omit<LoadPlan, 'url' | 'from' | 'seed'>;

/** Sends the same load to each in turn, as often as there are runs. */
export async function inTurn(
  context: Context,
  addresses: Addresses,
  share: Share,
  time: Timeline,
): Promise<Turns> {
  const results = { kite: [] as LoadResult[], limit: [] as LoadResult[], against: [] as LoadResult[] };
  const order = (['limit', 'kite', 'against'] as const).filter((name) => addresses[name] !== undefined);
  for (let run = 0; run < context.runs; run += 1) {
    for (const name of order) {
      const url = addresses[name] ?? '';
      const result = await context.load({ ...share, url, seed: run + 1, from: time.next });
      time.next = result.next;
      results[name].push(result);
    }
  }
  const { kite, limit, against } = results;
  const reports = [...kite, ...limit].reduce((sum, result) => sum + result.reports, 0);
  return { kite, limit, against, reports };
}

/** How one of them did, by requests or by reports. */
export function figuresOf(results: readonly LoadResult[], unit: 'req/s' | 'reports/s'): Required<Compared> {
  return {
    values: results.map((result) => (unit === 'req/s' ? result.perSecond : result.reportsPerSecond)),
    p50: results.map((result) => result.p50),
    p99: results.map((result) => result.p99),
  };
}

/** What a row says of turns, before anything is required of it. */
export function rowOf(what: string, unit: 'req/s' | 'reports/s', turns: Turns): Row {
  const all = [...turns.kite, ...turns.limit, ...turns.against];
  return {
    what,
    unit,
    ...figuresOf(turns.kite, unit),
    errors: all.reduce((sum, result) => sum + result.errors, 0),
    notes: all.flatMap((result) => result.complaints).slice(0, 5),
    ...(turns.limit.length > 0 && { limit: figuresOf(turns.limit, unit) }),
    ...(turns.against.length > 0 && { against: figuresOf(turns.against, unit) }),
  };
}
