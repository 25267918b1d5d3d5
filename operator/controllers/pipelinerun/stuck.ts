import type { Observation, Outgoing } from '../../runtime/controller.ts';
import { timeOf } from '../lenient.ts';
import { failing, passing } from '../report.ts';
import { after, type Known } from './about.ts';
import { explainStuck } from './explain.ts';
import { linksOf } from './links.ts';
import { changedAt, createdAt, type Run } from './run.ts';
import type { PipelineRunSettings } from './settings.ts';
import type { TaskRun } from './task-run.ts';
import type { Going } from './verdict.ts';

/** The kind of the scope; its name is that of the run's own issue. */
const stuckType = 'stuckrun';

/** The clocks of the cluster and of the operator may differ by so much, in milliseconds. */
const skew = 5 * 60_000;

/** A run that is stuck is looked at again after this time at the earliest, in milliseconds. */
const review = 3_600_000;

/** A run that has not ended: nothing yet, and after some time an issue of its own. */
export function observeGoing(
  { run, about, subject, settings }: Known,
  verdict: Going,
  tasks: readonly TaskRun[],
  now: number,
): Observation {
  const state = verdict.reason ?? 'no reason yet';
  const left = stuckIn(run, settings, now);
  const observedAt = changedAt(run);
  if (left === undefined || observedAt === undefined) {
    return { reports: [], reason: `is still going (${state}), and does not tell since when` };
  }
  if (left > 0) {
    return { reports: [], reason: `is still going (${state})`, again: left };
  }
  const report = failing(
    {
      ...about,
      resourceType: stuckType,
      observedAt,
      eventId: `${about.eventId}/Succeeded/stuck`,
      labels: { ...about.labels, cause: 'unknown', reason: verdict.reason },
    },
    {
      title: `${subject.name} does not end`,
      description: explainStuck(run, verdict, tasks),
      severity: 'minor',
      links: linksOf(run, [], settings),
    },
    settings,
  );
  // Kept in memory as it is: if it vanishes while nobody watches, what was said of it is cleared all the same.
  return { reports: [report], reason: `is stuck (${state})`, again: Math.max(settings.stuckAfter, review) };
}

/** A run that is gone, or going, before it ended says nothing; but it is stuck no more. */
export function observeDeleted(known: Known, now: number): Observation {
  const at = timeOf(known.run.metadata.deletionTimestamp) ?? now;
  return { reports: stuckNoMore(known, at), reason: 'was deleted before it ended' };
}

/** How many milliseconds are left until a run that does not end is stuck; undefined where it tells no time. */
export function stuckIn(run: Run, { stuckAfter }: PipelineRunSettings, now: number): number | undefined {
  const since = createdAt(run) ?? changedAt(run);
  return since === undefined ? undefined : since + stuckAfter - now;
}

/**
 * Clears what was said of a run that was stuck, once it has ended or is gone. Of a run that cannot have been stuck
 * nothing was said, and nothing is cleared: its end must not hide that an older run of the pipeline hangs.
 *
 * @param at when it ended, in milliseconds since 1970
 */
export function stuckNoMore({ run, about, settings }: Known, at: number): readonly Outgoing[] {
  const left = stuckIn(run, settings, at);
  if (left === undefined || left > Math.min(skew, settings.stuckAfter / 2)) {
    return [];
  }
  const over = {
    ...about,
    resourceType: stuckType,
    observedAt: after(Math.max(at, changedAt(run) ?? at)),
    eventId: `${about.eventId}/Succeeded/over`,
  };
  return [passing(over, settings)];
}
