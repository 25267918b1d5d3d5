import { type ErrorCode, errorTable, type Problem } from '../../errors.ts';
import { KiteAnswerError, KiteApiError } from './failures.ts';
import { readRetryAfter } from './retrying.ts';
import type { Route } from './routes.ts';

/** What came over the connection. */
export interface Received {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/** What an operation answers when it works. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly requestId: string | null;
}

/**
 * Reads what came as an answer of the operation. Of its form only the outermost names are held: what tells Kite from
 * another program at that address.
 *
 * @param root where Kite was looked for
 * @param now milliseconds since 1970
 * @throws KiteApiError where Kite says no, KiteAnswerError where it is not Kite that answers
 */
export function readReply(
  root: string,
  route: Route,
  { status, headers, text }: Received,
  now: number,
): Reply {
  const requestId = headers.get('x-request-id');
  const said = { status, requestId, retryAfter: readRetryAfter(headers.get('retry-after'), now) };
  const foreign = (what: string): KiteAnswerError => new KiteAnswerError(root, what, said);
  if (status === 0 || (status >= 300 && status < 400)) {
    throw foreign(`a redirect to ${headers.get('location') ?? 'another address'}`);
  }
  const names = route.answers[status];
  if (status === 204 && names !== undefined) return { status, body: undefined, requestId };
  const body = readJson(text);
  if (body === undefined) throw foreign(kindOf(text));
  const missing = names?.find((name) => !has(body, name));
  if (names !== undefined && missing === undefined) return { status, body, requestId };
  const message = textIn(body, 'message') ?? textIn(body, 'error');
  if (status < 400 || message === null) {
    throw foreign(missing === undefined ? "JSON that is not Kite's" : `JSON without ${missing}`);
  }
  const code = textIn(body, 'code');
  throw new KiteApiError(message, {
    ...said,
    code: code !== null && isErrorCode(code) ? code : null,
    details: detailsIn(body),
    requestId: requestId ?? textIn(body, 'requestId'),
  });
}

/** A text of an object by its name; null where there is none, or an empty one. */
export function textIn(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const found = (value as Readonly<Record<string, unknown>>)[name];
  return typeof found === 'string' && found !== '' ? found : null;
}

function has(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && name in value;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

function detailsIn(body: unknown): Problem[] {
  const details = typeof body === 'object' && body !== null && 'details' in body ? body.details : null;
  if (!Array.isArray(details)) return [];
  return details.flatMap((one: unknown) => {
    const message = textIn(one, 'message');
    return message === null ? [] : [{ path: textIn(one, 'path') ?? '', message }];
  });
}

function kindOf(text: string): string {
  if (text.trim() === '') return 'nothing';
  return /^\s*</.test(text) ? 'an HTML page' : 'something else than JSON';
}

/** Undefined where the text is no JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
