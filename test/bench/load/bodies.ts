import type * as z from 'zod/mini';
import type { ReportInput } from '../../../core/contract/reports.ts';
import type { pipelineFailureBody, pipelineSuccessBody } from '../../../core/contract/webhooks.ts';
import { draw, drawUuid } from './draw.ts';

/** Bodies as a server has read them: times in milliseconds. */
export type FailureBody = z.output<typeof pipelineFailureBody>;
export type SuccessBody = z.output<typeof pipelineSuccessBody>;
export type FailingInput = Extract<ReportInput, { outcome: 'failing' }>;

/** What a report is made of. */
export interface Facts {
  readonly tag: string;
  readonly seed: number;
  /** Which of the things it is about. */
  readonly key: number;
  /** Which report of all: decides its id. */
  readonly number: number;
  /** Decides its words and its severity: the key for a failure that repeats, the number for one that is always another. */
  readonly words: number;
  /** Milliseconds since 1970. */
  readonly observedAt: number;
}

const namespaces = 20;
const applications = [
  'checkout',
  'billing',
  'search',
  'catalogue',
  'shipping',
  'identity',
  'ledger',
  'returns',
];
const parts = ['api', 'web', 'worker', 'gateway', 'importer', 'scheduler', 'mailer'];
const tasks = ['build-container', 'unit-tests', 'clair-scan', 'integration-tests', 'push-dockerfile', 'init'];
const reasons = [
  (task: string, hex: string) => `task ${task} failed: step-build exited with 2 (pod ${task}-${hex}-pod)`,
  (task: string, hex: string) => `task ${task} failed: the image quay.example/${hex} could not be pulled`,
  (task: string, hex: string) => `task ${task} was OOMKilled at 4096Mi on node worker-${hex.slice(0, 2)}`,
  (task: string, hex: string) =>
    `Tasks Completed: 9 (Failed: 1, Cancelled 0), Skipped: 4; first to fail: ${task} ${hex}`,
];
const reportedSeverities = ['minor', 'major', 'major', 'critical'] as const;

function pick<T>(choices: readonly [T, ...T[]] | readonly T[], facts: Facts, salt: number): T {
  const chosen = choices[draw(facts.seed + salt, facts.words, choices.length)];
  if (chosen === undefined) {
    throw new Error('There is nothing to choose from.');
  }
  return chosen;
}

/** The namespace of a key: keys are spread over twenty. */
export function namespaceOf(tag: string, key: number): string {
  return `${tag}-${key % namespaces}-tenant`;
}

function application(key: number): string {
  return applications[key % applications.length] ?? 'checkout';
}

function component(key: number): string {
  return `${application(key)}-${parts[key % parts.length]}-${key.toString(36)}`;
}

function logs(facts: Facts, run: string): string {
  return `https://console.example/ns/${namespaceOf(facts.tag, facts.key)}/pipelinerun/${run}/logs`;
}

/** The uid of the run that report number so-and-so is about. */
export function runOf(seed: number, number: number): string {
  return drawUuid(seed, number);
}

function reason(facts: Facts): string {
  const hex = draw(facts.seed + 7, facts.words, 2 ** 32)
    .toString(16)
    .padStart(8, '0');
  return pick(reasons, facts, 8)(pick(tasks, facts, 9), hex);
}

/** As the Go operator sends it, and the moment. */
export function failureBody(facts: Facts): FailureBody {
  const run = runOf(facts.seed, facts.number);
  return {
    pipelineName: `${component(facts.key)}-on-push`,
    namespace: namespaceOf(facts.tag, facts.key),
    failureReason: reason(facts),
    severity: pick(reportedSeverities, facts, 10),
    runId: run,
    logsUrl: logs(facts, run),
    observedAt: facts.observedAt,
  };
}

export function successBody(facts: Facts): SuccessBody {
  return {
    pipelineName: `${component(facts.key)}-on-push`,
    namespace: namespaceOf(facts.tag, facts.key),
    runId: runOf(facts.seed, facts.number),
    observedAt: facts.observedAt,
  };
}

/** As a program that watches a cluster sends it in a batch. */
export function failingInput(facts: Facts): FailingInput {
  const run = runOf(facts.seed, facts.number);
  const name = component(facts.key);
  return {
    outcome: 'failing',
    source: 'operator/pipelinerun',
    namespace: namespaceOf(facts.tag, facts.key),
    scope: { resourceType: 'component', resourceName: name },
    issueType: 'build',
    title: `Build of ${name} failed`,
    description: `The pipeline ${name}-on-push failed.\n${reason(facts)}\nSeen by the operator on its first attempt; a retry is due in 10 minutes.`,
    severity: pick(reportedSeverities, facts, 10),
    links: [{ title: 'Pipeline run logs', url: logs(facts, run) }],
    labels: { application: application(facts.key), component: name, lifecycle: 'production', origin: 'push' },
    run: { name: `${name}-on-push-${run.slice(0, 5)}`, uid: run },
    eventId: run,
    observedAt: facts.observedAt,
  };
}
