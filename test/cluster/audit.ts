import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeServer } from './server.ts';

/** A request as the API server saw it. */
export interface Audited {
  /** Such as `system:serviceaccount:NAMESPACE:NAME`. */
  readonly user: string;
  /** As RBAC names it, such as `list`. */
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty for all of them. */
  readonly namespace: string;
  readonly status: number;
  /** Whether it is over: a watch that goes on is not. */
  readonly isOver: boolean;
}

/** What was asked of a server that was started with `isAudited`, for resources and by others than itself. */
export async function auditOf(server: KubeServer): Promise<readonly Audited[]> {
  const text = await readFile(join(server.directory, 'audit.log'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter(({ objectRef, user }) => objectRef !== undefined && user.username !== 'system:apiserver')
    .map(({ user, verb, objectRef, stage, responseStatus }) => ({
      user: user.username,
      verb,
      group: objectRef.apiGroup ?? '',
      resource: objectRef.resource,
      namespace: objectRef.namespace ?? '',
      status: responseStatus?.code ?? 0,
      isOver: stage === 'ResponseComplete',
    }));
}
