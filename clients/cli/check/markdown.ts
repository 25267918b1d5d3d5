import type { Issue } from '../../../core/contract/issue.ts';
import { moment } from '../output/age.ts';
import { line } from '../output/plain.ts';
import { isUnknown, passedOf, sentenceOf, type Verdict } from './verdict.ts';

/** Characters of a comment: GitHub takes 65,536 and GitLab more. */
const mostCharacters = 60_000;
/** Characters of a title and of a link's title, before they are escaped. */
const mostTitle = 160;
/** Characters of what went wrong. */
const mostTrouble = 1000;
const mostLinks = 3;
/** Characters of an address; a longer one is left out, since half of one leads nowhere. */
const mostAddress = 1000;

const head = '| Severity | What fails | Issue | Since (UTC) | Seen | Evidence |\n|---|---|---|---|---|---|';

/** A comment of a merge request. What others wrote is text in it: no markup, no mention, no address but http and https. */
export function markdownOf(verdict: Verdict): string {
  const title = `### ${isUnknown(verdict) ? '❔' : verdict.issues.length > 0 ? '❌' : '✅'} Kite: ${plain(sentenceOf(verdict))}`;
  const where = `In ${plain(verdict.where)}.`;
  if (isUnknown(verdict)) {
    const why = verdict.trouble === null ? '' : ` ${plain(verdict.trouble, mostTrouble)}.`;
    return [title, '', `${where}${why} So it is not known whether it passed.`].join('\n');
  }
  const passed = passedOf(verdict).length;
  const end = verdict.reports === null ? where : `${where} Reported as passing: ${passed}.`;
  if (verdict.issues.length === 0) return [title, '', end].join('\n');
  const rows: string[] = [];
  let size = title.length + head.length + end.length;
  for (const issue of verdict.issues) {
    const row = rowOf(issue);
    size += row.length + 1;
    if (size > mostCharacters) break;
    rows.push(row);
  }
  const rest = verdict.issues.length - rows.length;
  return [title, '', head, ...rows, '', rest > 0 ? `And ${rest} more. ${end}` : end].join('\n');
}

function rowOf(issue: Issue): string {
  const links = issue.links.flatMap(({ title, url }) => linkOf(title, url) ?? []).slice(0, mostLinks);
  const cells = [
    plain(issue.severity),
    plain(`${issue.scope.resourceType}/${issue.scope.resourceName}`),
    plain(issue.title),
    moment(issue.detectedAt).slice(0, 16),
    `${issue.occurrences}×`,
    links.join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Null where the address is none that may be followed. */
function linkOf(title: string, address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const safe = url.href.replaceAll(
    /[^A-Za-z0-9/:?#@!$&*+,;=.~%_-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return safe.length > mostAddress ? null : `[${plain(title)}](<${safe.replaceAll('&', '&amp;')}>)`;
}

const joiner = '\u2060';

/**
 * A text of others on one line, of which nothing is markup: what Markdown and HTML read is written as a character reference, which
 * they never take for markup. References to people, issues and the like are looked for in the finished page: an invisible
 * character parts their sign from their name.
 */
function plain(text: string, most: number = mostTitle): string {
  const one = line(text);
  const cut = one.length <= most ? one : `${one.slice(0, most - 1).toWellFormed()}…`;
  return cut
    .replaceAll(/([@#!$%~&^*])(?=[\p{L}\p{N}_"'{[])/gu, `$1${joiner}`)
    .replaceAll(
      /[\\`*_{}[\]<>#!|&~$@^="']|:(?=\/\/)|(?<=\bwww)\./gi,
      (character) => `&#${character.charCodeAt(0)};`,
    );
}
