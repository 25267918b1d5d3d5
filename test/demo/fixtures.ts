import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { KiteCall, Surroundings } from './calls.ts';
import { pipelineRunSchema, releaseSchema, renovateLogSchema } from './objects.ts';
import { translatePipelineRun, translateRelease, translateRenovateLog } from './translate.ts';

const root = fileURLToPath(new URL('../fixtures/', import.meta.url));

const objectSchema = z.discriminatedUnion('kind', [pipelineRunSchema, releaseSchema]);

const expectedSchema = z.strictObject({
  issues: z.array(
    z.strictObject({
      namespace: z.string(),
      scope: z.string(),
      issueType: z.string(),
      severity: z.string(),
      state: z.enum(['ACTIVE', 'RESOLVED']),
      occurrences: z.number(),
      reopened: z.number(),
      why: z.string(),
    }),
  ),
});
export type ExpectedIssue = z.infer<typeof expectedSchema>['issues'][number];

/** What the fixtures say, moved in time, and what they do not say. */
export interface DemoInput {
  readonly pipelineRuns: number;
  readonly releases: number;
  readonly renovateRuns: number;
  readonly calls: readonly KiteCall[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Milliseconds by which every time was moved. */
  readonly offset: number;
}

/** Reads all fixtures; every time in them is moved by one offset, so that the newest is `newest`. */
export async function readDemoInput(around: Surroundings, newest: number): Promise<DemoInput> {
  const found = {
    objects: (await readFolder('objects')).flatMap((content) => z.array(z.unknown()).parse(content)),
    logs: await readFolder('renovate'),
  };
  const offset = newest - Math.max(...timesIn(found));
  const objects = z.array(objectSchema).parse(shiftTimes(found.objects, offset));
  const logs = z.array(renovateLogSchema).parse(shiftTimes(found.logs, offset));
  const translated = [
    ...objects.map((object) => ({
      name: `${object.kind} ${object.metadata.name}`,
      says:
        object.kind === 'PipelineRun'
          ? translatePipelineRun(object, around)
          : translateRelease(object, around),
    })),
    ...logs.map((log) => ({ name: `Renovate ${log.pipelineId}`, says: translateRenovateLog(log) })),
  ];
  return {
    pipelineRuns: objects.filter((object) => object.kind === 'PipelineRun').length,
    releases: objects.filter((object) => object.kind === 'Release').length,
    renovateRuns: logs.reduce((sum, log) => sum + log.runs.length, 0),
    calls: translated.flatMap(({ says }) => ('calls' in says ? says.calls : [])),
    skipped: translated.flatMap(({ name, says }) =>
      'skipped' in says ? [{ name, reason: says.skipped }] : [],
    ),
    offset,
  };
}

/** The issues that the fixtures add up to. */
export async function readExpected(): Promise<readonly ExpectedIssue[]> {
  return expectedSchema.parse(JSON.parse(await readFile(`${root}expected.json`, 'utf8'))).issues;
}

async function readFolder(folder: string): Promise<readonly unknown[]> {
  const names = (await readdir(root + folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(
      async (name): Promise<unknown> => JSON.parse(await readFile(`${root}${folder}/${name}`, 'utf8')),
    ),
  );
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The value with every string that is a time moved by `offset` milliseconds, and nothing else changed. */
export function shiftTimes(value: unknown, offset: number): unknown {
  if (typeof value === 'string') {
    return timePattern.test(value) ? new Date(Date.parse(value) + offset).toISOString() : value;
  }
  if (Array.isArray(value)) {
    return value.map((entry: unknown) => shiftTimes(entry, offset));
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shiftTimes(entry, offset)]))
    : value;
}

function timesIn(value: unknown): readonly number[] {
  if (typeof value === 'string') {
    return timePattern.test(value) ? [Date.parse(value)] : [];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(timesIn) : [];
}
