import * as z from 'zod/mini';
import { json, part, text } from '../lenient.ts';
import { isTestOutput, type Run, word } from './run.ts';
import type { TaskRun } from './task-run.ts';

const snapshotStatus = part({ status: text, message: text });

/** What became of the Snapshot that a good build ought to end in, as far as the build tells. */
export function snapshotCreation(run: Run): {
  readonly status: string | undefined;
  readonly message: string;
} {
  const { status, message = '' } = snapshotStatus.parse(
    json(word(run, 'test.appstudio.openshift.io/create-snapshot-status')),
  );
  return { status, message };
}

const count = z.catch(z.optional(z.number()), () => undefined);
const testOutput = part({ result: text, note: text, successes: count, failures: count, warnings: count });

/** The failing test results of a run that is green nevertheless, each in a sentence. */
export function hiddenFailures(run: Run, taskRuns: readonly TaskRun[]): readonly string[] {
  const ofTasks = taskRuns.flatMap(({ task, status }) =>
    [...status.results, ...status.taskResults].map((result) => ({ ...result, of: `Task ${task}` })),
  );
  const ofRun = run.status.results.map((result) => ({ ...result, of: 'The run' }));
  // A pipeline often promises its task's result as its own: then the task has said it already.
  const told = new Set(ofTasks.map(({ value }) => value));
  return [...ofTasks, ...ofRun.filter(({ value }) => !told.has(value))].flatMap(({ name, value, of }) => {
    if (!isTestOutput(name)) {
      return [];
    }
    const { result, note, failures, warnings } = testOutput.parse(json(value));
    if (result !== 'FAILURE' && result !== 'ERROR') {
      return [];
    }
    const counts = `${failures ?? 'an unknown number of'} failures, ${warnings ?? 'an unknown number of'} warnings`;
    return [`${of} ended well, but its result is ${result} (${counts}). ${note ?? ''}`.trim()];
  });
}
