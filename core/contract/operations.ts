import type { Operation } from './operation.ts';
import * as about from './operations/about.ts';
import * as audit from './operations/audit.ts';
import * as issues from './operations/issues.ts';
import * as keys from './operations/keys.ts';
import * as relations from './operations/relations.ts';
import * as reports from './operations/reports.ts';
import * as webhooks from './operations/webhooks.ts';

/** Holds that each operation stands under its own id. */
function table<const Table extends { readonly [Id in keyof Table]: Operation & { readonly id: Id } }>(
  entries: Table,
): Table {
  return entries;
}

/**
 * Every operation of the API. The name is the file's name in every layer: `issues.resolve` is
 * `functions/issues/resolve.ts` and `db/issues/resolve.ts`. For those who need all of them: the router, the
 * documents, clients. A handler imports its own operation and carries no other's forms.
 */
export const operations = table({
  'root.get': about.root,
  'health.get': about.health,
  'version.get': about.version,
  'openapi.get': about.openapi,
  'issues.list': issues.list,
  'issues.create': issues.create,
  'issues.summary': issues.summary,
  'issues.get': issues.get,
  'issues.update': issues.update,
  'issues.delete': issues.remove,
  'issues.resolve': issues.resolve,
  'issues.reopen': issues.reopen,
  'issues.events': issues.events,
  'issues.link': issues.link,
  'relations.create': relations.create,
  'relations.delete': relations.remove,
  'reports.apply': reports.apply,
  'reports.list': reports.list,
  'webhooks.pipeline-failure': webhooks.pipelineFailure,
  'webhooks.pipeline-success': webhooks.pipelineSuccess,
  'webhooks.mintmaker-custom': webhooks.mintmakerCustom,
  'webhooks.release-failure': webhooks.releaseFailure,
  'webhooks.release-success': webhooks.releaseSuccess,
  'keys.create': keys.create,
  'keys.list': keys.list,
  'keys.revoke': keys.revoke,
  'audit.list': audit.list,
});

export type OperationId = keyof typeof operations;
