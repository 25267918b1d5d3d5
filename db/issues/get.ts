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

/**
 * The issues of these ids, in their order, without those that are gone. Its plan is kept by each connection, whatever list the ids
 * come from: making one takes as long as reading thirty issues.
 */
export async function readIssues(sql: postgres.ISql, ids: readonly string[]): Promise<Issue[]> {
  if (ids.length === 0) {
    return [];
  }
  const rows = await sql<DocumentRow[]>`
    select ${sql(documentColumnNames.map((name) => `issue.${name}`))}
    from unnest(string_to_array(${ids.join(' ')}, ' ')::uuid[]) with ordinality as asked (id, place)
    join issue_documents as issue on issue.id = asked.id
    order by asked.place`;
  return rows.map(toIssue);
}
