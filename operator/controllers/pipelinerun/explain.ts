import { type Cause, causeOf, causeSentences, withoutMark } from './cause.ts';
import { meaningOf } from './reasons.ts';
import type { Run } from './run.ts';
import { explain as explainTask, type TaskFailure } from './task-reasons.ts';
import { hasFailed, isUnfinished, succeeded, type TaskRun } from './task-run.ts';
import type { Ended, Going } from './verdict.ts';

/** Why a run failed, in words. */
export interface Explanation {
  /** What follows the subject's name in the title. */
  readonly ending: string;
  readonly description: string;
  readonly cause: Cause;
  /** The tasks that failed, the first one first. */
  readonly failures: readonly TaskFailure[];
}

/** What the run and its tasks say; where the tasks are gone, what the run alone says. */
export function explain(run: Run, verdict: Ended, taskRuns: readonly TaskRun[]): Explanation {
  const { message, isUsers } = withoutMark(verdict.message);
  const { words, cause } = meaningOf(verdict.reason);
  const failures = taskRuns.filter(hasFailed).map(explainTask);
  const [first] = failures;
  const own = cause === 'message' ? causeOf(message) : cause;
  const decided = isUsers ? 'user' : verdict.is === 'failed' ? (first?.cause ?? own) : own;
  const interrupted = verdict.is === 'timed-out' ? taskRuns.filter(isUnfinished) : [];
  return {
    ending: endingOf(verdict, words, first, interrupted),
    description: paragraphs(
      run,
      sentence(verdict.is === 'timed-out' ? 'timed out' : 'failed', verdict.reason, words),
      message,
      ...failures.map(
        (failure) => `Task ${failure.task} failed: ${failure.words} (${failure.reason}).\n${named(failure)}`,
      ),
      ...interrupted.map(({ task }) => `Task ${task} was not finished.`),
      causeSentences[decided],
    ),
    cause: decided,
    failures,
  };
}

/** A run that does not end, and the tasks that it waits for. */
export function explainStuck(run: Run, going: Going, taskRuns: readonly TaskRun[]): string {
  const waiting = taskRuns.filter(isUnfinished).map((taskRun) => {
    const { reason = 'no reason', message = '' } = succeeded(taskRun) ?? {};
    return `Task ${taskRun.task} is not finished (${reason}).\n${message}`;
  });
  const state =
    going.reason === undefined
      ? 'Tekton has not said anything about it yet.'
      : `Tekton says that it is still going (${going.reason}).`;
  return paragraphs(run, `The run does not end. ${state}`, going.message, ...waiting);
}

function endingOf(
  { is, reason }: Ended,
  words: string,
  first: TaskFailure | undefined,
  interrupted: readonly TaskRun[],
): string {
  switch (is) {
    case 'timed-out':
      return interrupted[0] === undefined ? 'timed out' : `timed out in ${interrupted[0].task}`;
    case 'catastrophic':
      return `could not run: ${words}`;
    case 'controller':
      return `failed: ${words}`;
    default: {
      const unknown = reason === 'Failed' ? 'failed' : `failed (${reason})`;
      return first === undefined ? unknown : `failed in ${first.task}: ${first.words}`;
    }
  }
}

function sentence(what: string, reason: string, words: string): string {
  return `The run ${what}${words === '' ? '' : `: ${words}`} (${reason}).`;
}

/** The TaskRun's message by the name of its task: a TaskRun's own name is new with each run. */
function named({ name, task, message }: TaskFailure): string {
  return name === undefined ? message : message.replaceAll(name, () => task);
}

function paragraphs(run: Run, ...parts: readonly string[]): string {
  return parts
    .map((part) => withoutName(run, part).trim())
    .filter((part) => part !== '')
    .join('\n\n');
}

/** A run's own name as what its pipeline's runs have in common, so that the same failure says the same again. */
function withoutName({ metadata: { name, generateName } }: Run, text: string): string {
  return name !== undefined && generateName !== undefined && name.startsWith(generateName)
    ? text.replaceAll(name, () => `${generateName}…`)
    : text;
}
