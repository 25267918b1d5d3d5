import { and, like, type SQL, sql } from 'drizzle-orm';
import { issues } from '../schema/issues.ts';
import { texts, waitingTexts } from '../schema/texts.ts';
import { type Filter, filterCondition, isAnyOf, namespaceCount, perNamespace } from './filter.ts';
import { sortColumns } from './order.ts';

/** A search counts no further than this; beyond it the total is a lower bound. */
export const searchTotal = 1000;

/**
 * Of what is in more texts than this, a page is found by walking the list in its order; of the rest by looking at each
 * issue that the index names. Where both cost the same, in a namespace of 300,000, that is some ten milliseconds.
 */
const wide = 2000;

/**
 * What at least one in `common` of the newest `sample` texts contains is looked for in one text after the other, newest first, until
 * enough are found: for a word in each second text the index reads lists of all of them, 45 ms at a million issues. Where the newest
 * `reach` have not enough of it, as when few but the newest have it, the index is asked after all, some 15 ms later. Of several
 * namespaces each has its share of both numbers.
 */
const [common, sample, reach] = [5, 300, 15_000];

/** Two letters or digits: less than the index's trigrams, so that what may follow is enumerated. */
const twoLetters = /^[\p{L}\p{N}]{2}$/u;

/**
 * The parts of a statement that finds issues by text. `words_waiting` says where the index is behind: there,
 * and where nothing but a walk is worth it, the issue itself is read.
 */
export interface Search {
  /** Common table expressions, without `with`. `near` has the issues that the index and the waiting ones name. */
  readonly parts: SQL;
  /** Whether the list is to be walked instead of `near`: a condition without columns. */
  readonly isWide: SQL;
  /** What an issue fulfils that has the text, whatever else is asked for. */
  readonly has: SQL;
  /** How many there are, one more than `searchTotal` at most. */
  readonly total: SQL;
}

export function searchParts(text: string, filter: Filter): Search {
  const within = ({ namespace }: Filter): SQL =>
    namespace === undefined ? sql`true` : isAnyOf(texts.namespace, namespace);
  // Not `ilike`: the planner believes that it is seldom true, and sorts all issues instead of walking.
  const has = sql`strpos(
    lower(${issues.title} || E'\n' || ${issues.description} || E'\n' || ${issues.resourceName}), lower(${text})
  ) > 0`;
  const isCommon = sql`(select is_common from probe)`;
  const isFound = sql`(select is_found from outcome)`;
  const newest = (columns: SQL, condition: SQL | undefined, most: SQL) =>
    perNamespace(
      filter,
      (one) => sql`
        select ${columns} from ${texts} where ${and(condition, within(one))} order by ${texts.issueKey} desc ${most}`,
    );
  const each = (number: number): number => Math.ceil(number / namespaceCount(filter));
  const isWide = sql`(select is_wide from breadth)`;
  const matching = filterCondition(filter);
  const condition = and(has, matching);
  return {
    parts: sql`
      probe as materialized (
        select count(*) filter (where ${contains(text)}) * ${common} >= count(*) as is_common
        from (${newest(sql`${texts.words}`, undefined, sql`limit ${each(sample)}`)}) as ${texts}
      ),
      walked as materialized (
        select ${texts.issueKey}
        from (${newest(sql`${texts.issueKey}, ${texts.words}`, isCommon, sql`limit ${each(reach)}`)}) as ${texts}
        where ${contains(text)}
        limit ${wide + 1}
      ),
      outcome as materialized (
        select case
          when not ${isCommon} then false
          when (select count(*) > ${wide}::bigint from walked) then true
          else not exists (${newest(sql`true`, undefined, sql`limit 1 offset ${each(reach)}`)})
        end as is_found
      ),
      candidate as materialized (
        (select issue_key from walked where ${isFound})
        union all
        (select issue_key from (${perNamespace(
          filter,
          (one) =>
            sql`select ${texts.issueKey} from ${texts} where ${and(sql`not ${isFound}`, within(one), indexed(text))} limit ${wide + 1}`,
        )}) as indexed limit ${wide + 1})
      ),
      breadth as materialized (select count(*) > ${wide}::bigint as is_wide from candidate),
      near as materialized (
        select ${sortColumns} from ${issues}
        where ${issues.key} in (select issue_key from candidate union all select issue_key from ${waitingTexts})
          and (not ${issues.wordsWaiting} or ${has}) and ${matching}
        limit case when ${isWide} then ${searchTotal + 1}::bigint end
      )`,
    isWide,
    has,
    total: sql`case
      when ${isPlain(filter) ? isSurelyMore(isWide) : sql`false`} then ${searchTotal + 1}::bigint
      else (
        select case
          when not ${isWide} or count(*) > ${searchTotal}::bigint then least(count(*), ${searchTotal + 1}::bigint)
          else (
            select count(*) from (select from ${issues} where ${condition} limit ${searchTotal + 1}) as walked
          )
        end
        from near
      )
    end`,
  };
}

/** Whether nothing is asked but the text and the namespace, which the index tells alone. */
function isPlain({ namespace: _namespace, search: _search, ...others }: Filter): boolean {
  return Object.values(others).every((value) => value === undefined);
}

/** Whether there are more than can be told although some of what the index names may have changed: no issue need be read. */
function isSurelyMore(isWide: SQL): SQL {
  const mayWait = wide - searchTotal;
  return sql`${isWide} and (
    select count(*) <= ${mayWait}::bigint from (select from ${waitingTexts} limit ${mayWait + 1}) as waiting
  )`;
}

/** What a text in the index fulfils; these are in lower case and end with a line feed. */
function indexed(text: string): SQL | undefined {
  if (twoLetters.test(text)) {
    return sql`${contains(text)} and (
      ${texts.words} ~ (lower(${text}) || '[\\x01-@[-\\x7f]') or ${texts.words} ~ '[^\\x01-\\x7f]'
    )`;
  }
  const pieces = piecesOf(text);
  return pieces.length === 0
    ? sql`${texts.words} like lower(${`%${text.replace(/[\\%_]/g, '\\$&')}%`})`
    : and(...pieces.map((piece) => like(texts.words, `%${piece}%`)), contains(text));
}

function contains(text: string): SQL {
  return sql`strpos(${texts.words}, lower(${text})) > 0`;
}

/** Texts at least so long are looked for in pieces. */
const long = 16;
/** Pieces at most. */
const enough = 4;

/**
 * Of each word of a long text three letters in a row, side by side, and the last three; of all these the four that few texts will
 * have. The index reads a list for each trigram (5 times as many pages for a name of 23 letters as so, at a million issues), and the
 * others exclude little more. None of a text with letters beyond ASCII, which may change their form with their place.
 */
function piecesOf(text: string): readonly string[] {
  const isPlainText = Buffer.byteLength(text) === text.length;
  const words = isPlainText && text.length >= long ? (text.toLowerCase().match(/[a-z0-9]{3,}/g) ?? []) : [];
  const pieces = words.flatMap((word) =>
    Array.from({ length: Math.ceil(word.length / 3) }, (_, nth) => {
      const start = Math.min(nth * 3, word.length - 3);
      return word.slice(start, start + 3);
    }),
  );
  return [...new Set(pieces)].sort((one, other) => rarity(other) - rarity(one)).slice(0, enough);
}

/** How seldom letters come in English and in names: digits before q, j, x, z before e, t, a. */
const byFrequency = 'etaoinsrhldcumfpgwybvkxzjq0123456789';

function rarity(piece: string): number {
  return [...piece].reduce((sum, letter) => sum + byFrequency.indexOf(letter), 0);
}
