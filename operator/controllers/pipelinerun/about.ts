import type { About } from '../report.ts';
import { createdAt, type Run, uniqueId } from './run.ts';
import type { PipelineRunSettings } from './settings.ts';
import type { RunSubject } from './subject.ts';

/** The controller's name: it stands in metrics, logs and the reports' source. */
export const pipelineRunName = 'pipelinerun';

/** A run with all that is known before its condition is judged. */
export interface Known {
  readonly run: Run;
  readonly subject: RunSubject;
  readonly settings: PipelineRunSettings;
  /** What all reports on the run say; the moment, and what the event id says besides, are the judgement's. */
  readonly about: Omit<About, 'observedAt'>;
}

export function known(run: Run, subject: RunSubject, settings: PipelineRunSettings): Known {
  const { name, uid, labels } = run.metadata;
  const { namespace, issueType, resourceType, resourceName } = subject;
  return {
    run,
    subject,
    settings,
    about: {
      controller: pipelineRunName,
      ...{ namespace, issueType, resourceType, resourceName },
      subjectCreatedAt: createdAt(run),
      eventId: uniqueId(run),
      run: { name, uid },
      labels: subject.labels,
      selectable: labels,
    },
  };
}

/**
 * A moment later. A cluster's times are whole seconds, and of two reports of one time the failing one wins: what comes
 * after it in the same second has to be later.
 */
export function after(time: number): number {
  return time + 1;
}
