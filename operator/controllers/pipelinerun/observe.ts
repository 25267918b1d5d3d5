import type { Observation, Outgoing, Subject } from '../../runtime/controller.ts';
import { type About, failing, passing } from '../report.ts';
import { after, type Known, known as knownOf } from './about.ts';
import { explain } from './explain.ts';
import { linksOf } from './links.ts';
import { observePassed } from './passed.ts';
import { readRun, uniqueId, word } from './run.ts';
import type { PipelineRunSettings } from './settings.ts';
import { observeDeleted, observeGoing, stuckIn, stuckNoMore } from './stuck.ts';
import { subjectOf } from './subject.ts';
import { type TaskRun, taskRunsOf } from './task-run.ts';
import { type Ended, judge } from './verdict.ts';

/**
 * What a PipelineRun says to Kite. Everything follows from the object and what was read, so that it is the same whoever
 * looks, and how often; the time decides only what is stuck. Any object whatever is taken.
 *
 * @param taskRuns the TaskRuns of the run as they were read; none of a run for which `needsTaskRuns` is false
 * @param now milliseconds since 1970
 */
export function observe(
  { object, isDeleted }: Subject,
  taskRuns: readonly unknown[],
  settings: PipelineRunSettings,
  now: number,
): Observation {
  const run = readRun(object);
  const subject = subjectOf(run, settings);
  if ('skipped' in subject) {
    return { reports: [], reason: subject.skipped };
  }
  const known = knownOf(run, subject, settings);
  const { metadata, status } = run;
  const tasks = taskRunsOf(taskRuns, {
    uid: metadata.uid,
    children: status.childReferences,
    embedded: status.taskRuns,
  });
  const verdict = judge(run);
  if (verdict.is === 'going') {
    if (isDeleted && run.kind === undefined) {
      // All that is known is a name, which is not what issues go by.
      return { reports: [], reason: 'vanished while nobody watched' };
    }
    return isDeleted || metadata.deletionTimestamp !== undefined
      ? observeDeleted(known, now)
      : observeGoing(known, verdict, tasks, now);
  }
  return verdict.at === undefined
    ? { reports: [], reason: `ended (${verdict.reason}), but tells no time` }
    : observeEnded(known, verdict, verdict.at, tasks);
}

/** Whether the TaskRuns of a run have something to say that matters. */
export function needsTaskRuns(
  { object, isDeleted }: Subject,
  settings: PipelineRunSettings,
  now: number,
): boolean {
  const run = readRun(object);
  const subject = subjectOf(run, settings);
  if ('skipped' in subject) {
    return false;
  }
  switch (judge(run).is) {
    case 'going':
      return !isDeleted && (stuckIn(run, settings, now) ?? 1) <= 0;
    case 'passed':
      return subject.issueType === 'test';
    case 'stopped':
      return false;
    default:
      return true;
  }
}

function observeEnded(known: Known, verdict: Ended, at: number, tasks: readonly TaskRun[]): Observation {
  const { reason, is } = verdict;
  const over = stuckNoMore(known, at);
  if (is === 'stopped') {
    return { reports: over, reason: `was stopped by somebody (${reason})` };
  }
  const about = { ...known.about, observedAt: at, eventId: `${known.about.eventId}/Succeeded/${reason}` };
  if (is === 'passed') {
    const { reports, note } = observePassed(known, about, tasks);
    return { reports: [...reports, ...over], reason: `passed (${reason})${note}` };
  }
  return {
    reports: [failure(known, about, verdict, tasks), ...merged(known, about), ...over],
    reason: `failed (${reason})`,
  };
}

function failure(known: Known, about: About, verdict: Ended, tasks: readonly TaskRun[]): Outgoing {
  const { subject, settings, run } = known;
  const { ending, description, cause, failures } = explain(run, verdict, tasks);
  return failing(
    { ...about, labels: { ...about.labels, cause, reason: verdict.reason, task: failures[0]?.task } },
    {
      title: `${subject.name} ${ending}`,
      description,
      severity: verdict.is === 'catastrophic' ? 'critical' : subject.severity,
      links: linksOf(run, failures, settings),
    },
    settings,
  );
}

/** A failure of a pull request matters no more once it is merged. */
function merged({ run, subject, settings }: Known, about: About): readonly Outgoing[] {
  if (
    subject.resourceType !== 'pullrequest' ||
    word(run, 'test.appstudio.openshift.io/pr-status') !== 'merged'
  ) {
    return [];
  }
  const eventId = `${uniqueId(run)}/pr-status/merged`;
  return [passing({ ...about, observedAt: after(about.observedAt), eventId }, settings)];
}
