import * as z from 'zod/mini';
import type { Refusal } from '../journal.ts';
import { readJson } from '../json.ts';
import { readRetryAfter } from './circuit.ts';
import type { Reply } from './transport.ts';

/** What became of one report of a batch that was answered. */
type Fate =
  | { readonly kind: 'delivered'; readonly status: string }
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What an answer means. */
export type Verdict =
  /** One fate for each report, in their order. */
  | { readonly kind: 'answered'; readonly fates: readonly Fate[] }
  /**
   * The batch as a whole cannot be taken, because of something in it.
   * `isCertain`: Kite itself said so of the body, and not something on the way to it.
   */
  | {
      readonly kind: 'unfit';
      readonly refusal: Refusal;
      readonly isCertain: boolean;
      readonly isTooLarge: boolean;
    }
  /** Nothing is wrong with the reports: send them again after a pause. */
  | {
      readonly kind: 'again';
      /** A word for the metric. */
      readonly reason: string;
      /** A sentence. */
      readonly problem: string;
      readonly retryAfterMs: number | undefined;
      /** Whether a smaller batch may do better, down to so many reports; null when not. */
      readonly fewest: number | null;
    };

const longestMessage = 1000;
const mostDetails = 20;

const details = z.array(z.object({ path: z.string(), message: z.string() }));
const answer = z.object({
  results: z.array(
    z.object({
      index: z.int(),
      status: z.string(),
      error: z.optional(
        z.nullable(
          z.object({
            code: z.string(),
            message: z.string(),
            retryable: z.boolean(),
            details: z.optional(z.nullable(details)),
          }),
        ),
      ),
    }),
  ),
});
const failure = z.object({
  code: z.string(),
  message: z.string(),
  details: z.optional(z.nullable(details)),
});

/** Codes by which Kite says that it cannot take a body. */
const bodyCodes = ['invalid_json', 'invalid_request', 'payload_too_large'];

/** A batch that is too heavy for a server that answers 504 or not at all is not made smaller than this. */
export const fewestWhenSlow = 25;

/**
 * @param reports how many the batch had
 * @param now milliseconds since 1970
 */
export function judge(reply: Reply, reports: number, origin: string, now: number): Verdict {
  const { status } = reply;
  const retryAfterMs = readRetryAfter(reply.retryAfter, now);
  const again = (problem: string, fewest: number | null = null): Verdict => ({
    kind: 'again',
    reason: String(status),
    problem,
    retryAfterMs,
    fewest,
  });
  if (status >= 200 && status < 300) {
    return (
      judgeResults(reply, reports) ??
      again(`${origin} answered ${status}, but not as Kite does. Is the address right?`)
    );
  }
  const refusal = refusalOf(reply);
  const said = refusal.message === '' ? '' : `: ${refusal.message.replace(/[.]$/, '')}`;
  switch (status) {
    case 400:
    case 413:
    case 422:
      return {
        kind: 'unfit',
        refusal: { ...refusal, details: shorten(refusal.details) },
        isCertain:
          bodyCodes.includes(refusal.code) && refusal.details.every(({ path }) => path.startsWith('body')),
        isTooLarge: status === 413,
      };
    case 401:
      return again(`${origin} does not accept the token (401)${said}.`);
    case 403:
      return again(`${origin} does not allow this operator to report (403)${said}.`);
    case 500:
      return again(`${origin} failed (500)${said}.`, 1);
    case 408:
    case 504:
      return again(`${origin} could not answer in time (${status})${said}.`, fewestWhenSlow);
    default:
      return reply.location === undefined
        ? again(`${origin} answered ${status}${said}.`)
        : again(`${origin} answered ${status} and points to ${reply.location}. Is the address right?`);
  }
}

function judgeResults({ status, body }: Reply, reports: number): Verdict | null {
  const { success, data } = answer.safeParse(readJson(body));
  if (
    !success ||
    data.results.length !== reports ||
    data.results.some(({ index }, place) => index !== place)
  ) {
    return null;
  }
  const fates = data.results.map((result): Fate => {
    if (result.status !== 'rejected') {
      return { kind: 'delivered', status: result.status };
    }
    const { code = '', message = 'The server gave no reason.', retryable = false } = result.error ?? {};
    return retryable
      ? { kind: 'later', reason: message }
      : {
          kind: 'refused',
          refusal: { status, code, message: cut(message), details: shorten(result.error?.details ?? []) },
        };
  });
  return { kind: 'answered', fates };
}

function refusalOf({ status, body }: Reply): Refusal {
  const { success, data } = failure.safeParse(readJson(body));
  return success
    ? { status, code: data.code, message: cut(data.message), details: data.details ?? [] }
    : {
        status,
        code: '',
        message: cut(
          body
            .replace(/<[^>]*>/g, ' ')
            .replace(/\s+/g, ' ')
            .trim(),
        ),
        details: [],
      };
}

/** Where a report stood in its batch says nothing to whoever reads its dead letter: paths begin with the report. */
function shorten(all: Refusal['details']): Refusal['details'] {
  return all.slice(0, mostDetails).map(({ path, message }) => ({
    path: cut(path.replace(/^body\.reports\.\d+(?=\.|$)/, 'report')),
    message: cut(message),
  }));
}

function cut(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage).toWellFormed()}…`;
}
