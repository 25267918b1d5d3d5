import { at } from './bodies.ts';
import type { Kite } from './kite.ts';

type Json = Readonly<Record<string, unknown>>;

/** One operation that takes a body: where it is and what it takes. */
export interface Write {
  readonly name: string;
  readonly method: 'POST' | 'PUT';
  /** `{id}` stands for an issue that exists. */
  readonly path: string;
  /** The status of a body that is taken. */
  readonly status: number;
  /** A body with every field of the contract. */
  readonly full: (namespace: string) => Json;
  /** Fields without which it is refused, by their paths. */
  readonly required: readonly string[];
}

const times = { observedAt: at(60), subjectCreatedAt: at(0), dueAt: '2099-01-01T00:00:00Z' };
const extras = {
  ...times,
  cluster: 'east',
  eventId: 'event-1',
  runId: 'run-1',
  run: { name: 'run-1', uid: 'uid-1' },
  labels: { team: 'falcon' },
};
const links = [{ title: 'Logs', url: 'https://logs.example/1' }];
const scope = (namespace: string) => ({
  resourceType: 'component',
  resourceName: 'checkout',
  resourceNamespace: namespace,
});

/** Every operation of the API with a body, but for `POST /reports`, whose reports are judged one by one. */
export const writes: readonly Write[] = [
  {
    name: 'issues.create',
    method: 'POST',
    path: '/issues',
    status: 201,
    full: (namespace) => ({
      title: 'Build failed',
      description: 'It exited with 2.',
      severity: 'major',
      issueType: 'build',
      namespace,
      scope: scope(namespace),
      state: 'ACTIVE',
      links,
      ...extras,
    }),
    required: [
      'title',
      'description',
      'severity',
      'issueType',
      'namespace',
      'scope.resourceType',
      'scope.resourceName',
    ],
  },
  {
    name: 'issues.update',
    method: 'PUT',
    path: '/issues/{id}',
    status: 200,
    full: () => ({
      title: 'Edited',
      description: 'Edited too.',
      severity: 'minor',
      labels: { team: 'falcon' },
      dueAt: '2099-01-01T00:00:00Z',
      links,
      state: 'ACTIVE',
    }),
    required: [],
  },
  {
    name: 'issues.link',
    method: 'POST',
    path: '/issues/{id}/links',
    status: 201,
    full: () => ({ title: 'Logs', url: 'https://logs.example/2' }),
    required: ['title', 'url'],
  },
  {
    name: 'webhooks.pipeline-failure',
    method: 'POST',
    path: '/webhooks/pipeline-failure',
    status: 201,
    full: (namespace) => ({
      pipelineName: 'checkout',
      namespace,
      failureReason: 'Failed',
      severity: 'major',
      logsUrl: 'https://logs.example/1',
      ...extras,
    }),
    required: ['pipelineName', 'namespace', 'failureReason'],
  },
  {
    name: 'webhooks.pipeline-success',
    method: 'POST',
    path: '/webhooks/pipeline-success',
    status: 200,
    full: (namespace) => ({ pipelineName: 'checkout', namespace, ...extras }),
    required: ['pipelineName', 'namespace'],
  },
  {
    name: 'webhooks.mintmaker-custom',
    method: 'POST',
    path: '/webhooks/mintmaker-custom',
    status: 201,
    full: (namespace) => ({
      pipelineId: 'checkout',
      namespace,
      type: 'error',
      logs: ['one', 'two'],
      ...extras,
    }),
    required: ['pipelineId', 'namespace', 'type', 'logs'],
  },
  {
    name: 'webhooks.release-failure',
    method: 'POST',
    path: '/webhooks/release-failure',
    status: 201,
    full: (namespace) => ({
      application: 'shop',
      namespace,
      failurePhase: 'verify',
      release: 'shop-r1',
      pipelineRunUrl: 'https://runs.example/1',
      releasePlan: 'to-production',
      ...extras,
    }),
    required: ['application', 'namespace', 'failurePhase', 'release'],
  },
  {
    name: 'webhooks.release-success',
    method: 'POST',
    path: '/webhooks/release-success',
    status: 200,
    full: (namespace) => ({ application: 'shop', namespace, releasePlan: 'to-production', ...extras }),
    required: ['application', 'namespace'],
  },
];

export const relate: Write = {
  name: 'relations.create',
  method: 'POST',
  path: '/issues/{id}/related',
  status: 404,
  full: () => ({ relatedId: '018f3c1e-7b2a-7c3d-9e4f-5a6b7c8d9e0f' }),
  required: ['relatedId'],
};

export const report: Write = {
  name: 'reports.apply',
  method: 'POST',
  path: '/reports',
  status: 200,
  full: (namespace) => ({ reports: [reportOf(namespace)] }),
  required: ['reports'],
};

/** A failing report with every field of the contract. */
export function reportOf(namespace: string): Json {
  return {
    outcome: 'failing',
    source: 'operator/pipelinerun',
    title: 'Build failed',
    description: 'It exited with 2.',
    severity: 'major',
    issueType: 'build',
    namespace,
    scope: scope(namespace),
    links,
    ...extras,
  };
}

/** Every operation with a body. */
export const allWrites: readonly Write[] = [...writes, relate, report];

/** A place in a body: the names and indexes on the way to it. */
export type Path = readonly (string | number)[];

export interface Field {
  readonly path: Path;
  readonly value: unknown;
}

/** Every field of a body, at any depth. */
export function fieldsOf(body: unknown, path: Path = []): readonly Field[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([key, value]: [string, unknown]) => {
    const place = [...path, Array.isArray(body) ? Number(key) : key];
    return [{ path: place, value }, ...fieldsOf(value, place)];
  });
}

/** The body with another value at the path; undefined takes the field away. */
export function withValue(body: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(body)) {
    return body.map((item: unknown, index) => (index === key ? withValue(item, rest, value) : item));
  }
  return { ...Object(body), [key]: withValue(Object(body)[key], rest, value) };
}

/** Where a write goes when `id` is the issue that exists. */
export function pathOf(write: Write, id: string): string {
  return write.path.replace('{id}', id);
}

/** An issue for the writes that need one. */
export async function issueToWrite(kite: Kite): Promise<string> {
  const { full } = writes[0] ?? report;
  return (await kite.create({ ...full('written-tenant'), eventId: undefined, runId: undefined })).id;
}
