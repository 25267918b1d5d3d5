import type postgres from 'postgres';
import { limits } from '../../core/contract/fields.ts';
import type { Issue } from '../../core/contract/issue.ts';
import type { Link } from '../../core/domain/report.ts';
import { KiteError } from '../../core/errors.ts';
import { recordAct } from '../audit/record.ts';
import { retrying } from '../failure.ts';
import { type Action, actOn } from './act.ts';
import { recordEdit, savePersonLinks } from './edit.ts';
import { readIssue } from './get.ts';
import { lockIssue } from './lock.ts';

/**
 * Adds a link in a person's name, beside those that reports name; the same URL again renames it.
 *
 * @throws KiteError `not_found`, `limit_reached`
 */
export function linkIssue(sql: postgres.Sql, action: Action, link: Link): Promise<Issue> {
  return retrying(() =>
    sql.begin(async (tx) => {
      const locked = await lockIssue(tx, action.id);
      if (await recordEdit(tx, locked, action, { link })) {
        const [held] = await tx<{ count: number; next: number }[]>`
          select count(*)::int as count, coalesce(max(person_position), -1) + 1 as next
          from links where issue_key = ${locked.key} and person_title is not null and url <> ${link.url}`;
        if (held !== undefined && held.count >= limits.links) {
          throw new KiteError('limit_reached', {
            message: `The issue has ${limits.links} links that people added; replace them with PUT.`,
          });
        }
        await savePersonLinks(tx, locked, [link], held?.next ?? 0);
        await recordAct(tx, actOn(locked, action, 'issues.link', { url: link.url }));
      }
      return readIssue(tx, action.id);
    }),
  );
}
