import type postgres from 'postgres';
import type { Issue } from '../../core/contract/issue.ts';
import { retrying } from '../failure.ts';
import { type DocumentRow, documentColumnNames, toIssue } from './document.ts';
import { issueNotFound } from './lock.ts';

/** @throws KiteError `not_found` */
export async function getIssue(sql: postgres.Sql, id: string): Promise<Issue> {
  return retrying(() => readIssue(sql, id));
}

/** The same as a part of the caller's transaction. */
export async function readIssue(sql: postgres.ISql, id: string): Promise<Issue> {
  const [row] = await sql<DocumentRow[]>`
    select ${sql(documentColumnNames)} from issue_documents where id = ${id}`;
  if (row === undefined) {
    throw issueNotFound();
  }
  return toIssue(row);
}
