import type { Outgoing } from '../../runtime/controller.ts';
import { type About, failing, passing } from '../report.ts';
import { after, type Known } from './about.ts';
import { causeOf, causeSentences } from './cause.ts';
import { hiddenFailures, snapshotCreation } from './hidden.ts';
import { linksOf } from './links.ts';
import { uniqueId } from './run.ts';
import type { TaskRun } from './task-run.ts';

interface Passed {
  readonly reports: readonly Outgoing[];
  /** What there is to say beside that it passed. */
  readonly note: string;
}

/** A green run: it passed, unless it is a test whose results say otherwise, or no Snapshot could be made of it. */
export function observePassed(known: Known, about: About, tasks: readonly TaskRun[]): Passed {
  const { run, subject, settings } = known;
  const hidden = subject.issueType === 'test' ? hiddenFailures(run, tasks) : [];
  if (hidden.length > 0) {
    return hiddenFailure(known, about, hidden);
  }
  const pass = passing(about, settings);
  const { status, message } = snapshotCreation(run);
  const later = { ...about, eventId: `${uniqueId(run)}/create-snapshot-status/${status}` };
  if (subject.issueType === 'build' && status === 'failed') {
    const failed = snapshotFailure(known, later, message);
    return { reports: [pass, failed], note: ', but no Snapshot could be made of it' };
  }
  if (subject.issueType === 'build' && status === 'success') {
    const made = passing({ ...later, observedAt: after(about.observedAt) }, settings);
    return { reports: [pass, made], note: '' };
  }
  return { reports: [pass], note: '' };
}

function hiddenFailure({ run, subject, settings }: Known, about: About, hidden: readonly string[]): Passed {
  const report = failing(
    { ...about, labels: { ...about.labels, cause: 'unknown', reason: 'TEST_OUTPUT' } },
    {
      title: `${subject.name} failed, though its run is green`,
      description: [...hidden, causeSentences.unknown].join('\n\n'),
      severity: subject.severity,
      links: linksOf(run, [], settings),
    },
    settings,
  );
  return { reports: [report], note: ', but its results say that it failed' };
}

/**
 * A failure that nothing else shows. It is told beside the pass, which may have been told before it was known; it has the
 * pass's time, and of one time the failure wins.
 */
function snapshotFailure({ run, subject, settings }: Known, about: About, message: string): Outgoing {
  const cause = causeOf(message);
  return failing(
    { ...about, labels: { ...about.labels, cause, reason: 'create-snapshot-status' } },
    {
      title: `${subject.name} passed, but no Snapshot could be made of it`,
      description: [
        'The build is good, but without a Snapshot it is neither tested nor released.',
        message,
        causeSentences[cause],
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
      severity: subject.severity,
      links: linksOf(run, [], settings),
    },
    settings,
  );
}
