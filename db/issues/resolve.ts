import type postgres from 'postgres';
import type { Issue } from '../../core/contract/issue.ts';
import { type Action, actOnIssue } from './act.ts';

/** @throws KiteError `not_found` */
export function resolveIssue(sql: postgres.Sql, action: Action): Promise<Issue> {
  return actOnIssue(sql, action, 'RESOLVED');
}
