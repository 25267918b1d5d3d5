import type { OperationId } from '../../core/contract/operations.ts';
import { Buckets } from '../access/bucket.ts';
import type { Place, Right } from '../access/control.ts';
import type { Log } from './log.ts';
import type { Runtime } from './runtime.ts';

/**
 * Lines at once, and lines a second after those: whoever is refused without end must not fill the disk. Of each principal
 * by itself, and of all that nobody knows together: a flood of one does not hide what another one tried.
 */
const rate = { burst: 100, perSecond: 20 };
/** Principals whose lines are counted at the same time. */
const mostPrincipals = 1000;

/** One attempt that was refused. It never holds a token, nor what could be made of one. */
export interface Denial {
  readonly operation: OperationId;
  readonly requestId: string;
  /** The address of the connection. */
  readonly source: string;
  /** Null: not known who. */
  readonly principal: string | null;
  readonly right: Right;
  /** Null: it was refused before it was known where. */
  readonly place: Place | null;
  /** Why, in words for whoever runs this. */
  readonly reason: string;
}

interface Allowance {
  readonly lines: Buckets;
  unsaid: number;
}

const allowances = new WeakMap<Log, Allowance>();

/** Writes one line, or counts it for the next one when there were too many: that line says how many as `unsaid`. */
export function logDenied({ log, clock }: Pick<Runtime, 'log' | 'clock'>, denial: Denial): void {
  const known = allowances.get(log) ?? { lines: new Buckets(rate, mostPrincipals, clock), unsaid: 0 };
  allowances.set(log, known);
  if (known.lines.take(denial.principal ?? '') > 0) {
    known.unsaid += 1;
    return;
  }
  const { place, ...rest } = denial;
  const unsaid = known.unsaid === 0 ? {} : { unsaid: known.unsaid };
  known.unsaid = 0;
  log.warn(
    { ...rest, cluster: place?.cluster ?? null, namespace: place?.namespace ?? null, ...unsaid },
    'access was denied',
  );
}
