import type { Issue } from '../../core/contract/issue.ts';
import { type DocumentRow, type RelationRow, toIssue } from './document.ts';

/** What the function `read_issues` tells of a page, by table; each null where there is nothing. */
export interface PageDocument {
  readonly issues: readonly IssueRow[] | null;
  readonly links: readonly (DocumentRow['links'][number] & { readonly issue_key: number })[] | null;
  readonly relations: readonly (RelationRow & { readonly issue_key: number })[] | null;
}

type IssueRow = Omit<
  DocumentRow,
  'application' | 'component' | 'lifecycle' | 'origin' | 'links' | 'relations'
> & { readonly key: number };

/** The issues of a page, in its order. */
export function toIssues(page: PageDocument): Issue[] {
  const links = byIssue(page.links ?? []);
  const relations = byIssue(page.relations ?? []);
  return (page.issues ?? []).map((row) =>
    toIssue({ ...row, links: links.get(row.key) ?? [], relations: relations.get(row.key) ?? [] }),
  );
}

/** The rows of each issue, in their order, without the key. */
function byIssue<Row extends { readonly issue_key: number }>(
  rows: readonly Row[],
): Map<number, Omit<Row, 'issue_key'>[]> {
  const found = new Map<number, Omit<Row, 'issue_key'>[]>();
  for (const { issue_key: key, ...row } of rows) {
    const present = found.get(key);
    if (present === undefined) {
      found.set(key, [row]);
    } else {
      present.push(row);
    }
  }
  return found;
}
