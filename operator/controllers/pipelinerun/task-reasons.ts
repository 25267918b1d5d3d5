import { type Cause, causeOf, isQuota, withoutMark } from './cause.ts';
import { failedContainer, succeeded, type TaskRun } from './task-run.ts';

/** Why a TaskRun failed. */
export interface TaskFailure {
  readonly task: string;
  /** The TaskRun's own name. */
  readonly name: string | undefined;
  readonly reason: string;
  /** What happened, as the end of a sentence. */
  readonly words: string;
  readonly cause: Cause;
  readonly message: string;
}

interface Meaning {
  readonly words: string;
  /** `message`: the message has to say it. */
  readonly cause: Cause | 'message';
}

const meanings: Readonly<Record<string, Meaning>> = {
  TaskRunTimeout: { words: 'it ran longer than its timeout', cause: 'unknown' },
  TaskRunImagePullFailed: { words: 'an image could not be pulled', cause: 'message' },
  CreateContainerConfigError: {
    words: 'a container lacks what it is configured with, such as a secret or a config map',
    cause: 'user',
  },
  PodCreationFailed: { words: 'its pod could not be created', cause: 'message' },
  TaskRunResolutionFailed: { words: 'its task could not be fetched', cause: 'message' },
  TaskRunValidationFailed: { words: 'it is not given what its task declares', cause: 'user' },
  TaskValidationFailed: { words: 'its task is not valid', cause: 'user' },
  TaskRunResultLargerThanAllowedLimit: { words: 'its results are larger than Tekton allows', cause: 'user' },
  PodEvicted: { words: 'its pod was evicted from its node', cause: 'message' },
  InitContainerOOM: { words: 'what Tekton runs before the first step ran out of memory', cause: 'platform' },
  InitContainerFailed: { words: 'what Tekton runs before the first step failed', cause: 'platform' },
};

/** What a failed TaskRun says of itself. */
export function explain(taskRun: TaskRun): TaskFailure {
  const end = succeeded(taskRun);
  const reason = end?.reason ?? 'Failed';
  const { message, isUsers } = withoutMark(end?.message ?? '');
  const { words, cause } = meaning(taskRun, reason, message);
  return {
    task: taskRun.task,
    name: taskRun.metadata.name,
    reason,
    words,
    cause: isUsers ? 'user' : cause === 'message' ? messageCause(reason, message) : cause,
    message: message.replaceAll(/;? ?for logs run:? kubectl [^\n]*/g, ''),
  };
}

/** An evicted pod is the platform's, unless it took more than it may. */
function messageCause(reason: string, message: string): Cause {
  const cause = causeOf(message);
  return reason === 'PodEvicted' && cause === 'unknown' ? 'platform' : cause;
}

function meaning(taskRun: TaskRun, reason: string, message: string): Meaning {
  if (isQuota(message)) {
    return { words: 'the quota of its namespace is used up', cause: 'platform' };
  }
  const known = Object.hasOwn(meanings, reason) ? meanings[reason] : undefined;
  if (known !== undefined) {
    return known;
  }
  const isSidecar = reason.startsWith('Sidecar');
  const container = failedContainer(isSidecar ? taskRun.status.sidecars : taskRun.status.steps);
  const kind = isSidecar ? 'sidecar' : 'step';
  const who = container?.name === undefined ? `a ${kind}` : `${kind} ${container.name}`;
  if (/OOM$/.test(reason) || container?.terminated.reason === 'OOMKilled') {
    return { words: `${who} ran out of memory`, cause: 'user' };
  }
  if (container?.terminated.exitCode !== undefined) {
    return { words: `${who} exited with code ${container.terminated.exitCode}`, cause: 'unknown' };
  }
  return /^(Step|Sidecar)Failed$/.test(reason)
    ? { words: `${who} failed`, cause: 'unknown' }
    : { words: reason === 'Failed' ? 'it failed' : `it failed (${reason})`, cause: 'message' };
}
