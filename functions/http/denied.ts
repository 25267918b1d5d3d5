import type { OperationId } from '../../core/contract/operations.ts';
import type { Place, Right } from '../access/control.ts';
import type { Log } from './log.ts';
import type { Runtime } from './runtime.ts';

/** Lines at once, and lines a second after those: whoever is refused without end must not fill the disk. */
const burst = 100;
const perSecond = 20;

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
  left: number;
  /** Milliseconds since 1970. */
  filled: number;
  unsaid: number;
}

const allowances = new WeakMap<Log, Allowance>();

/** Writes one line, or counts it for the next one when there were too many: that line says how many as `unsaid`. */
export function logDenied({ log, clock }: Pick<Runtime, 'log' | 'clock'>, denial: Denial): void {
  const now = clock();
  const known = allowances.get(log) ?? { left: burst, filled: now, unsaid: 0 };
  allowances.set(log, known);
  known.left = Math.min(burst, known.left + (Math.max(0, now - known.filled) / 1000) * perSecond);
  known.filled = now;
  if (known.left < 1) {
    known.unsaid += 1;
    return;
  }
  known.left -= 1;
  const { place, ...rest } = denial;
  const unsaid = known.unsaid === 0 ? {} : { unsaid: known.unsaid };
  known.unsaid = 0;
  log.warn(
    { ...rest, cluster: place?.cluster ?? null, namespace: place?.namespace ?? null, ...unsaid },
    'access was denied',
  );
}
