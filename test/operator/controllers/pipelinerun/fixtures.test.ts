import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { deriveIssue, distinctReports } from '../../../../core/domain/derive.ts';
import { identityKey } from '../../../../core/domain/identity.ts';
import type { Report } from '../../../../core/domain/report.ts';
import { needsTaskRuns, observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import { trimRun } from '../../../../operator/controllers/pipelinerun/run.ts';
import { explain } from '../../../../operator/controllers/pipelinerun/task-reasons.ts';
import { hasFailed, taskRunsOf } from '../../../../operator/controllers/pipelinerun/task-run.ts';
import { asObject, received, told } from '../wire.ts';
import { settings } from './objects.ts';

const root = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
const given = settings();
/** After all fixtures; at that moment everything that has not ended is stuck. */
const now = Date.parse('2026-05-13T00:00:00Z');

async function objectsOf(folder: string, name: string): Promise<readonly unknown[]> {
  return z.array(z.unknown()).parse(JSON.parse(await readFile(`${root}${folder}/${name}`, 'utf8')));
}

async function folder(name: string): Promise<readonly (readonly [string, unknown])[]> {
  const files = (await readdir(root + name)).filter((file) => file.endsWith('.json')).sort();
  const lists = await Promise.all(
    files.map(async (file) => (await objectsOf(name, file)).map((object) => [file, object] as const)),
  );
  return lists.flat();
}

function look(object: unknown, around = given) {
  return observe({ object: asObject(object), isDeleted: false }, [], around, now);
}

/** A run in one line. */
function line(object: unknown): string {
  const { reports, reason } = look(object);
  return [reason, ...reports.map(told)].join(' | ');
}

const expected = z.object({
  issues: z.array(
    z.object({
      namespace: z.string(),
      scope: z.string(),
      issueType: z.string(),
      severity: z.string(),
      state: z.string(),
      occurrences: z.number(),
      reopened: z.number(),
    }),
  ),
});

describe('every object of the fixtures', () => {
  it('says something that the server takes, or why it says nothing, whole and trimmed, there and gone', async () => {
    const all = [...(await folder('objects')), ...(await folder('captured'))];
    expect(all.length).toBeGreaterThan(50);
    for (const around of [given, settings({ snapshotController: false })]) {
      for (const [, object] of all) {
        for (const isDeleted of [false, true]) {
          const subject = { object: asObject(object), isDeleted };
          const observation = observe(subject, [object], around, now);
          expect(observation.reason.trim()).not.toBe('');
          received(observation, now);
          const trimmed = { object: trimRun(subject.object), isDeleted };
          expect(observe(trimmed, [], around, now)).toEqual(observe(subject, [], around, now));
          expect(needsTaskRuns(trimmed, around, now)).toBe(needsTaskRuns(subject, around, now));
        }
      }
    }
  });

  it('of the project’s own adds up to the issues that are expected', async () => {
    const runs = (await folder('objects')).map(([, object]) => object);
    const reports = runs.flatMap((object) => received(look(object), now));
    const byIdentity = new Map<string, Report[]>();
    for (const report of distinctReports([...reports, ...reports])) {
      const key = identityKey(report.identity);
      byIdentity.set(key, [...(byIdentity.get(key) ?? []), report]);
    }
    const issues = [...byIdentity.values()].flatMap((of) => {
      const issue = deriveIssue(of, null);
      const { namespace, scope, issueType } = of[0]?.identity ?? {};
      return issue === null || scope?.resourceType === 'stuckrun'
        ? []
        : [
            {
              namespace,
              scope: `${scope?.resourceType}/${scope?.resourceName}`,
              issueType,
              severity: issue.severity,
              state: issue.state,
              occurrences: issue.occurrences,
              reopened: issue.reopened,
            },
          ];
    });
    const { issues: wanted } = expected.parse(JSON.parse(await readFile(`${root}expected.json`, 'utf8')));
    const ofBuildsAndPipelines = wanted.filter(
      ({ issueType, scope }) => ['build', 'pipeline'].includes(issueType) && !scope.includes('github.com/'),
    );
    const byScope = (a: { scope: string }, b: { scope: string }) => (a.scope < b.scope ? -1 : 1);
    expect(issues.sort(byScope)).toEqual(ofBuildsAndPipelines.sort(byScope));
  });
});

describe('the captured PipelineRuns', () => {
  it('are judged by status and reason', async () => {
    const mixed = (await objectsOf('captured', 'pipelineruns-mixed.json')).map(line);
    const scope = 'build component/devfile-sample-node';
    const stuck = 'failing build stuckrun/devfile-sample-node';
    expect(mixed).toEqual([
      `is stuck (Running) | ${stuck}`,
      `passed (Succeeded) | passing ${scope}`,
      'passed (ConditionCheckFailed) | passing pipeline pipelinerun/when-expression-pipeline',
      `passed (ExceededResourceQuota) | passing ${scope}`,
      'was stopped by somebody (Cancelled)',
      'was stopped by somebody (Cancelled)',
      `failed (CouldntGetPipeline) | failing ${scope}`,
      `passed (Succeeded) | passing ${scope}`,
      `is stuck (no reason yet) | ${stuck}`,
      'was stopped by somebody (TaskRunCancelled)',
      `is stuck (PipelineRunStopping) | ${stuck}`,
      `is stuck (TaskRunStopping) | ${stuck}`,
      `is stuck (no reason yet) | ${stuck}`,
      `failed (Unknown) | failing ${scope}`,
      ...Array.from({ length: 5 }, () => `is stuck (no reason yet) | ${stuck}`),
    ]);
  });

  it('that time out are tests of a Snapshot, and one that passed is a build', async () => {
    const objects = await objectsOf('captured', 'pipelineruns-timeouts.json');
    expect(objects.map(line)).toEqual([
      'passed (Completed) | passing build component/basic-node-js',
      'is an integration test, which its Snapshot reports',
      'is an integration test, which its Snapshot reports',
    ]);
    const alone = look(objects[1], settings({ snapshotController: false }));
    const [report] = received(alone, now);
    expect(report?.failure?.title).toMatch(/^Test docker-build of go-sample timed out/);
    expect(report?.failure?.description).not.toContain('go-sample-s2f4f');
  });

  it('of Pipelines-as-Code belong to their pull request', async () => {
    const [run] = await objectsOf('captured', 'pipelinerun-pac.json');
    expect(line(run)).toBe('is stuck (Running) | failing build stuckrun/devfile-sample-0rod#14');
  });

  it('are no other kind of object', async () => {
    const others = [
      'releases-legacy.json',
      'releases-three-states.json',
      'snapshots.json',
      'taskruns-validation.json',
    ];
    for (const name of others) {
      for (const object of await objectsOf('captured', name)) {
        expect(line(object)).toMatch(/^is a (Release|Snapshot|TaskRun), not a PipelineRun$/);
      }
    }
  });
});

describe('the captured TaskRuns', () => {
  it('say what they were not given, which is the user’s to mend', async () => {
    const objects = await objectsOf('captured', 'taskruns-validation.json');
    const taskRuns = taskRunsOf(objects, { uid: undefined, children: [], embedded: {} });
    expect(taskRuns.filter(hasFailed).map(explain)).toEqual([
      {
        task: 'example',
        name: 'example',
        reason: 'TaskRunValidationFailed',
        words: 'it is not given what its task declares',
        cause: 'user',
        message:
          'invalid input params for task example-task: missing values for these params which have no default values: [appName]',
      },
    ]);
  });
});
