import type { JournalStats } from './journal.ts';
import type { ElectionState } from './lease.ts';
import type { ManagerState } from './manager.ts';
import type { SenderState } from './sender.ts';

/** What readiness is judged by. */
export interface Signs {
  /** Absent when this replica need not ask anybody whether it may observe. */
  readonly election: ElectionState | undefined;
  /** Absent while nothing has been observed yet. */
  readonly manager: ManagerState | undefined;
  readonly journal: JournalStats;
  /** How many reports the journal may keep. */
  readonly mostReports: number;
  readonly sender: SenderState;
  /** Why the configuration file as it is now does not count. */
  readonly configProblem: string | undefined;
  /** Settings whose change counts from the next start on. */
  readonly unapplied: readonly string[];
  readonly isStopping: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Whether the operator does all that it should. */
export interface Readiness {
  readonly isReady: boolean;
  readonly isConfigValid: boolean;
  /** A sentence for each thing that keeps it from being ready. */
  readonly problems: readonly string[];
  /** A sentence for each thing that somebody should see to. */
  readonly warnings: readonly string[];
  readonly role: 'leader' | 'standby' | 'alone';
  readonly controllers: ManagerState['controllers'];
  readonly journal: { readonly pending: number; readonly dead: number; readonly oldestSeconds: number };
  /** RFC 3339; null when Kite has not taken anything yet. */
  readonly lastSend: string | null;
}

/** The journal is nearly full from this part of it on. */
const nearlyFull = 0.8;

/**
 * A standby is ready when it could take over. Reports that Kite refused, or a wrong configuration beside which the old one
 * counts, are no reason to be unready: both replicas would be so at once, and nothing would be better for it.
 */
export function judgeReadiness(signs: Signs): Readiness {
  const { election, manager, journal, sender } = signs;
  const isObserving = election?.isLeader ?? true;
  const problems = [
    ...(signs.isStopping ? ['The operator is stopping.'] : []),
    ...(election?.problem === undefined ? [] : [`The lease cannot be used: ${ended(election.problem)}`]),
    ...(isObserving ? observing(manager) : []),
    ...(journal.isWritable ? [] : [ended(journal.problem ?? 'The journal cannot be written.')]),
    ...sending(sender, signs.now),
  ];
  return {
    isReady: problems.length === 0,
    isConfigValid: signs.configProblem === undefined,
    problems,
    warnings: warnings(signs),
    role: election === undefined ? 'alone' : election.isLeader ? 'leader' : 'standby',
    controllers: isObserving ? (manager?.controllers ?? []) : [],
    journal: {
      pending: journal.pending,
      dead: journal.dead,
      oldestSeconds: Math.round(journal.oldestMs / 1000),
    },
    lastSend: sender.lastSuccess === null ? null : new Date(sender.lastSuccess).toISOString(),
  };
}

function observing(manager: ManagerState | undefined): readonly string[] {
  if (manager === undefined) {
    return ['Nothing is watched yet.'];
  }
  return [
    ...manager.controllers
      .filter(({ isSynced }) => !isSynced)
      .map(({ name }) => `The controller ${name} has not listed everything yet.`),
    ...manager.problems.map(({ name, message }) => `${name}: ${ended(message)}`),
  ];
}

function sending(sender: SenderState, now: number): readonly string[] {
  if (sender.circuit === 'closed') {
    return [];
  }
  const { failures, problem, nextTry } = sender;
  const wait =
    nextTry === null ? '' : ` The next attempt is in ${Math.ceil(Math.max(0, nextTry - now) / 1000)} s.`;
  return [`Kite has taken nothing in ${failures} attempts: ${ended(problem ?? 'no reason is known')}${wait}`];
}

function warnings({ configProblem, unapplied, journal, mostReports }: Signs): readonly string[] {
  const kept = journal.pending + journal.dead;
  return [
    ...(configProblem === undefined
      ? []
      : [
          `The configuration is wrong, and the one before it still counts: ${ended(configProblem.replaceAll('\n', '; '))}`,
        ]),
    ...unapplied.map((name) => `The change of ${name} counts from the next start on.`),
    ...(journal.dead === 0
      ? []
      : [`Kite refused ${journal.dead} reports for good; the command "dead-letter list" shows why.`]),
    ...(kept < mostReports * nearlyFull
      ? []
      : [`The journal keeps ${kept} of ${mostReports} reports; when it is full the oldest are dropped.`]),
  ];
}

/** With a full stop, once. */
function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
