import * as z from 'zod/mini';
import {
  type PipelineRunSettings,
  pipelineRunSettings,
} from '../../../../operator/controllers/pipelinerun/settings.ts';
import { surroundings } from '../../../../operator/controllers/settings.ts';
import type { KubeObject } from '../../../../operator/runtime/controller.ts';

export const created = Date.parse('2026-05-12T06:40:11Z');
export const ended = Date.parse('2026-05-12T06:49:37Z');
/** Long after all that the objects tell. */
export const later = Date.parse('2026-05-12T12:00:00Z');

/** Settings as the configuration would give them. */
export function settings(
  own: z.input<typeof pipelineRunSettings> = {},
  around: z.input<typeof surroundings> = {},
): PipelineRunSettings {
  return {
    ...z.parse(surroundings, { consoleUrl: 'https://console.example/', ...around }),
    ...z.parse(pipelineRunSettings, own),
  };
}

export interface Parts {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: unknown;
  readonly rest?: Readonly<Record<string, unknown>>;
}

export const pushLabels = {
  'appstudio.openshift.io/application': 'checkout',
  'appstudio.openshift.io/component': 'checkout-api',
  'pipelines.appstudio.openshift.io/type': 'build',
  'pipelinesascode.tekton.dev/event-type': 'push',
} as const;

/** What the labels and annotations of Pipelines as Code begin with. */
export const pac = 'pipelinesascode.tekton.dev';

/** Labels as newer builds have them, which name a version. */
export const newer = {
  'pipelines.konflux-ci.dev/type': 'build',
  'build.konflux-ci.dev/component': 'billing-core',
  'build.konflux-ci.dev/version': 'v2',
  'build.konflux-ci.dev/commit_sha': '65c936aa',
  'build.konflux-ci.dev/target_branch': 'release-2',
};

/** A push build's run that ended, or that goes on where the status is not final. */
export function aRun({
  status,
  reason,
  message,
  labels,
  annotations,
  metadata,
  spec,
  rest,
}: Parts): KubeObject {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: 'checkout-api-on-push-4n8rk',
      ...{ generateName: 'checkout-api-on-push-' },
      namespace: 'team-falcon-tenant',
      uid: 'ab4d3500-8a07-475f-a351-48cbbd4d6bb5',
      resourceVersion: '17',
      creationTimestamp: new Date(created).toISOString(),
      labels: labels ?? pushLabels,
      annotations: annotations ?? {},
      ...metadata,
    },
    spec: spec ?? { pipelineRef: { resolver: 'bundles' } },
    status: {
      conditions:
        status === undefined
          ? []
          : [
              {
                type: 'Succeeded',
                status,
                ...(reason === undefined ? {} : { reason }),
                message: message ?? 'Tasks Completed: 5 (Failed: 1, Cancelled 0), Skipped: 9',
                lastTransitionTime: new Date(ended).toISOString(),
              },
            ],
      ...rest,
    },
  };
}

export interface TaskParts {
  readonly task: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly ended?: number;
  readonly steps?: readonly unknown[];
  readonly sidecars?: readonly unknown[];
  readonly results?: readonly unknown[];
  readonly owner?: string;
}

/** A TaskRun of that run. */
export function aTaskRun(parts: TaskParts): KubeObject {
  const { task, status = 'False', reason = 'Failed', message = '', steps, sidecars, results, owner } = parts;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: `checkout-api-on-push-4n8rk-${task}`,
      namespace: 'team-falcon-tenant',
      uid: `uid-of-${task}`,
      resourceVersion: '18',
      creationTimestamp: new Date(created).toISOString(),
      labels: {
        'tekton.dev/pipelineRun': 'checkout-api-on-push-4n8rk',
        'tekton.dev/pipelineTask': task,
      },
      annotations: {},
      ...{
        ownerReferences: [{ kind: 'PipelineRun', uid: owner ?? 'ab4d3500-8a07-475f-a351-48cbbd4d6bb5' }],
      },
    },
    status: {
      conditions: [{ type: 'Succeeded', status, reason, message }],
      completionTime: new Date(parts.ended ?? ended).toISOString(),
      ...(steps === undefined ? {} : { steps }),
      ...(sidecars === undefined ? {} : { sidecars }),
      ...(results === undefined ? {} : { results }),
    },
  };
}

export function step(name: string, exitCode: number, reason = 'Error') {
  return { name, container: `step-${name}`, terminated: { exitCode, reason } };
}
