import { list as auditList } from './audit/list.ts';
import { get as healthGet } from './health/get.ts';
import type { Handler } from './http/handler.ts';
import { create as issuesCreate } from './issues/create.ts';
import { remove as issuesRemove } from './issues/delete.ts';
import { events as issuesEvents } from './issues/events.ts';
import { get as issuesGet } from './issues/get.ts';
import { link as issuesLink } from './issues/link.ts';
import { list as issuesList } from './issues/list.ts';
import { reopen as issuesReopen } from './issues/reopen.ts';
import { resolve as issuesResolve } from './issues/resolve.ts';
import { summary as issuesSummary } from './issues/summary.ts';
import { update as issuesUpdate } from './issues/update.ts';
import { create as keysCreate } from './keys/create.ts';
import { list as keysList } from './keys/list.ts';
import { revoke as keysRevoke } from './keys/revoke.ts';
import { get as openapiGet } from './openapi/get.ts';
import { create as relationsCreate } from './relations/create.ts';
import { remove as relationsRemove } from './relations/delete.ts';
import { apply as reportsApply } from './reports/apply.ts';
import { list as reportsList } from './reports/list.ts';
import { get as rootGet } from './root/get.ts';
import { get as versionGet } from './version/get.ts';
import { mintmakerCustom as webhooksMintmakerCustom } from './webhooks/mintmaker-custom.ts';
import { pipelineFailure as webhooksPipelineFailure } from './webhooks/pipeline-failure.ts';
import { pipelineSuccess as webhooksPipelineSuccess } from './webhooks/pipeline-success.ts';
import { releaseFailure as webhooksReleaseFailure } from './webhooks/release-failure.ts';
import { releaseSuccess as webhooksReleaseSuccess } from './webhooks/release-success.ts';

/** Every operation's handler, for those who run them all in one process. */
export const handlers: readonly Handler[] = [
  auditList,
  healthGet,
  issuesCreate,
  issuesRemove,
  issuesEvents,
  issuesGet,
  issuesLink,
  issuesList,
  issuesReopen,
  issuesResolve,
  issuesSummary,
  issuesUpdate,
  keysCreate,
  keysList,
  keysRevoke,
  openapiGet,
  relationsCreate,
  relationsRemove,
  reportsApply,
  reportsList,
  rootGet,
  versionGet,
  webhooksMintmakerCustom,
  webhooksPipelineFailure,
  webhooksPipelineSuccess,
  webhooksReleaseFailure,
  webhooksReleaseSuccess,
];
