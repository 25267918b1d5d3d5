import { controllersOf } from '../config.ts';
import { observeOnce, type Pass } from '../runtime/manager/once.ts';
import type { Sender } from '../runtime/sender.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import type { Where } from './arguments.ts';
import {
  chance,
  connect,
  openConfig,
  openJournalOf,
  openLog,
  type Setting,
  sendFrom,
  silent,
} from './setting.ts';
import { table } from './table.ts';

/** Milliseconds for what is still to be sent when everything was observed. */
const patience = 60_000;
const slice = 2_000;
/** Groups that a table shows. */
const mostGroups = 40;

/** What came of one pass. */
interface Outcome {
  readonly pass: Pass;
  /** Reports by what Kite made of them. */
  readonly answers: ReadonlyMap<string, number>;
  /** Reports that the journal had no room for. */
  readonly dropped: number;
  /** Reports that stay in the journal. */
  readonly left: number;
  /** Why they do. */
  readonly problem: string | undefined;
}

/**
 * Lists everything, reports, prints a summary.
 *
 * @returns the exit code: 1 when something could not be listed, observed or sent
 */
export async function once(where: Where & { readonly isJson: boolean }, setting: Setting): Promise<number> {
  const { config } = await openConfig(where, setting.env);
  const log = openLog(config, 2);
  const answers = new Map<string, number>();
  let dropped = 0;
  const tally: Telemetry = {
    ...silent,
    count: (name, labels = {}, by = 1) => {
      if (name === 'reports_sent' && labels.outcome !== 'retryable') {
        const outcome = labels.outcome ?? '';
        answers.set(outcome, (answers.get(outcome) ?? 0) + by);
      }
      dropped += name === 'reports_dropped' ? by : 0;
    },
  };
  const journal = await openJournalOf(config, tally, log);
  try {
    const cluster = await connect(where, setting.env);
    const sender = sendFrom(journal, config, setting.env, tally, log);
    try {
      const accept = async (reports: Parameters<typeof journal.append>[0]): Promise<void> => {
        await journal.append(reports);
      };
      const pass = await observeOnce(
        {
          ...{ cluster, accept, telemetry: tally, log, ...chance },
          controllers: controllersOf(config),
          namespaces: config.namespaces,
        },
        setting.stop,
      );
      const left = await sendAll(sender);
      const outcome = { pass, answers, dropped, left, problem: sender.state().problem };
      setting.print(where.isJson ? `${JSON.stringify(plain(outcome), null, 2)}\n` : summary(outcome));
      return isWhole(outcome) ? 0 : 1;
    } finally {
      await sender.stop();
      await cluster.close();
    }
  } finally {
    await journal.close();
    log.flush();
  }
}

/** Sends until nothing is left, or Kite is away. @returns how many are left */
async function sendAll(sender: Sender): Promise<number> {
  const end = performance.now() + patience;
  for (;;) {
    const { left } = await sender.flush(slice);
    if (left === 0 || sender.state().circuit !== 'closed' || performance.now() > end) {
      return left;
    }
  }
}

function isWhole({ pass, answers, dropped, left }: Outcome): boolean {
  const isObserved = pass.problems.length === 0 && pass.rows.every(({ failure }) => failure === undefined);
  return isObserved && left === 0 && dropped === 0 && (answers.get('rejected') ?? 0) === 0;
}

interface Group {
  readonly controller: string;
  readonly reason: string;
  readonly objects: number;
  readonly reports: number;
}

/** Objects of which the same is said, the most frequent first. */
function groupsOf({ rows }: Pass): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { controller, reason, reports } of rows) {
    const key = JSON.stringify([controller, reason]);
    const before = groups.get(key);
    groups.set(key, {
      controller,
      reason,
      objects: (before?.objects ?? 0) + 1,
      reports: (before?.reports ?? 0) + reports.length,
    });
  }
  return [...groups.values()].sort((a, b) => b.objects - a.objects || (a.reason < b.reason ? -1 : 1));
}

function failuresOf({ rows }: Pass): readonly string[] {
  return rows.flatMap(({ controller, namespace, name, failure }) =>
    failure === undefined ? [] : [`${controller}: ${namespace}/${name} cannot be observed: ${failure}`],
  );
}

function plain(outcome: Outcome) {
  const { pass, answers, dropped, left, problem } = outcome;
  return {
    observed: groupsOf(pass),
    answers: Object.fromEntries(answers),
    ...{ left, dropped },
    problems: [
      ...pass.problems.map(({ name, message }) => `${name}: ${message}`),
      ...failuresOf(pass),
      ...(left > 0 && problem !== undefined ? [problem] : []),
    ],
  };
}

function summary(outcome: Outcome): string {
  const { observed, answers, left, dropped, problems } = plain(outcome);
  const shown = observed.slice(0, mostGroups);
  const rows = shown.map(({ controller, reason, objects, reports }) => [
    controller,
    reason,
    objects,
    reports,
  ]);
  const more =
    observed.length > shown.length ? `… and ${observed.length - shown.length} other reasons\n` : '';
  const taken = Object.entries(answers).map(([name, count]) => `${count} ${name}`);
  const lines = [
    `Kite answered: ${taken.length === 0 ? 'there was nothing to send' : taken.join(', ')}.`,
    ...(left > 0 ? [`${count(left, 'report')} could not be sent and stay in the journal.`] : []),
    ...(dropped > 0 ? [`${count(dropped, 'report')} found no room in the journal and were dropped.`] : []),
    ...((answers.rejected ?? 0) > 0 ? ['What was rejected is shown by: operator dead-letter list'] : []),
    ...(problems.length > 0 ? ['Problems:', ...problems.map((problem) => `  ${problem}`)] : []),
  ];
  const heading = ['controller', 'what was seen', 'objects', 'reports'];
  const observations = rows.length === 0 ? 'There is nothing to observe.\n' : table([heading, ...rows]);
  return `${observations}${more}\n${lines.join('\n')}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
