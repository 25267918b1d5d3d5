import { randomUUID } from 'node:crypto';
import type { OperationId } from '../../../core/contract/operations.ts';
import { component, failing, issueBody } from '../../support/bodies.ts';
import type { Ask } from '../../support/kite.ts';

/** What a call is about: fresh for each call, so that none finds what another one did. */
export interface Things {
  /** Its own namespace or the foreign one. */
  readonly namespace: string;
  /** Set where the call is a mixture: what stands in the query, while the rest is about `namespace`. */
  readonly asked: string | null;
  /** Set where the call is a mixture: the other namespace. */
  readonly beside: string | null;
  /** An issue of the namespace, and another one: of the namespace beside it where there is one. */
  readonly id: string;
  readonly otherId: string;
  /** The id of a key that reaches `clusters`. */
  readonly keyId: string;
  readonly clusters: readonly string[];
}

type Call = readonly [method: string, path: string, ask?: Ask];

const query = ({ asked }: Things): Ask => (asked === null ? {} : { query: { namespace: asked } });
const both = ({ namespace, beside }: Things) => (beside === null ? namespace : `${beside},${namespace}`);
const webhook =
  (name: string, body: (fresh: string) => object) =>
  (things: Things): Call => [
    'POST',
    `/webhooks/${name}`,
    { ...query(things), body: { namespace: things.namespace, ...body(randomUUID()) } },
  ];
const onIssue =
  (method: string, rest = '', body?: object) =>
  (things: Things): Call => [
    method,
    `/issues/${things.id}${rest}`,
    { ...query(things), ...(body === undefined ? {} : { body }) },
  ];
const report = (namespace: string) => failing(namespace, 0, component(randomUUID()));

/** A call of each operation. Paths are under `/api/v1`. */
export const calls: Readonly<Record<OperationId, (things: Things) => Call>> = {
  'root.get': () => ['GET', '/../..'],
  'health.get': () => ['GET', '/health'],
  'version.get': () => ['GET', '/version'],
  'openapi.get': () => ['GET', '/openapi.json'],
  'issues.list': (things) => ['GET', '/issues', { query: { namespace: both(things) } }],
  'issues.summary': (things) => ['GET', '/issues/summary', { query: { namespace: both(things) } }],
  'issues.create': (things) => [
    'POST',
    '/issues',
    { ...query(things), body: issueBody(things.namespace, component(randomUUID())) },
  ],
  'issues.get': onIssue('GET'),
  'issues.events': onIssue('GET', '/events'),
  'issues.update': onIssue('PUT', '', { title: 'Edited' }),
  'issues.delete': onIssue('DELETE'),
  'issues.resolve': onIssue('POST', '/resolve'),
  'issues.reopen': onIssue('POST', '/reopen'),
  'issues.link': onIssue('POST', '/links', { title: 'Logs', url: 'https://logs.example/1' }),
  'relations.create': ({ id, otherId }) => [
    'POST',
    `/issues/${id}/related`,
    { body: { relatedId: otherId } },
  ],
  'relations.delete': ({ id, otherId }) => ['DELETE', `/issues/${id}/related/${otherId}`],
  'reports.apply': ({ namespace, beside }) => [
    'POST',
    '/reports',
    { body: { reports: [...(beside === null ? [] : [beside]), namespace].map(report) } },
  ],
  'reports.list': (things) => [
    'GET',
    '/reports',
    { query: { namespace: both(things), pipelineRun: 'run-1' } },
  ],
  'webhooks.pipeline-failure': webhook('pipeline-failure', (pipelineName) => ({
    pipelineName,
    failureReason: 'boom',
  })),
  'webhooks.pipeline-success': webhook('pipeline-success', (pipelineName) => ({ pipelineName })),
  'webhooks.mintmaker-custom': webhook('mintmaker-custom', (pipelineId) => ({
    pipelineId,
    type: 'error',
    logs: ['boom'],
  })),
  'webhooks.release-failure': webhook('release-failure', (application) => ({
    application,
    failurePhase: 'push',
    release: 'release-1',
  })),
  'webhooks.release-success': webhook('release-success', (application) => ({ application })),
  'keys.create': ({ clusters }) => [
    'POST',
    '/keys',
    { body: { name: 'made', clusters, namespaces: ['*'], may: ['read'] } },
  ],
  'keys.list': () => ['GET', '/keys'],
  'keys.revoke': ({ keyId }) => ['DELETE', `/keys/${keyId}`],
  'audit.list': ({ clusters }) => [
    'GET',
    '/audit',
    clusters.length === 1 ? { query: { cluster: clusters[0] ?? '' } } : {},
  ],
};
