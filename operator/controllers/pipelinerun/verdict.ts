import { type Meaning, meaningOf } from './reasons.ts';
import { changedAt, type Run, succeeded } from './run.ts';

/** A run that has not ended, as the condition `Succeeded` says. */
export interface Going {
  readonly is: 'going';
  readonly reason: string | undefined;
  readonly message: string;
}

/** A run that has ended. */
export interface Ended {
  readonly is: 'passed' | Meaning['is'];
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since 1970; undefined where the run tells no time at all. */
  readonly at: number | undefined;
}

/** The status decides; a reason tells only of what failed what kind of failure it is. */
export function judge(run: Run): Going | Ended {
  const { status, reason, message = '' } = succeeded(run) ?? {};
  const at = changedAt(run);
  if (status === 'True') {
    return { is: 'passed', reason: reason ?? 'Succeeded', message, at };
  }
  if (status === 'False') {
    return { is: meaningOf(reason ?? 'Failed').is, reason: reason ?? 'Failed', message, at };
  }
  return { is: 'going', reason, message };
}
