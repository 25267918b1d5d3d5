import { KiteAnswerError, KiteApiError, KiteNetworkError, reasonOf } from './client/failures.ts';
import { type Received, type Reply, readReply, textIn } from './client/reply.ts';
import { type Patience, pauseAfter, type Surroundings, usualPatience } from './client/retrying.ts';
import { type Route, routes } from './client/routes.ts';
import type { Answer, Request } from './client/types.ts';
import { base } from './operation.ts';
import type { OperationId } from './operations.ts';

/** What is used of `fetch`, so that a program may bring a smaller one. */
export type Fetch = (
  url: string,
  request: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/** One attempt, for whoever wants to tell of it. It never holds the token. */
export interface Attempt {
  readonly method: string;
  readonly url: string;
  readonly attempt: number;
  /** Milliseconds. */
  readonly took: number;
  readonly requestId: string | null;
  /** The status, or why there is none. */
  readonly outcome: number | string;
  /** Milliseconds until the next attempt; null when there is none. */
  readonly next: number | null;
}

export interface ClientOptions {
  /** Where Kite is, with or without `/api/v1`; a path before that stays. */
  readonly url: string;
  readonly fetch: Fetch;
  readonly surroundings: Surroundings;
  /** The bearer token of a request; null sends none. */
  readonly token?: () => Promise<string | null>;
  /** Milliseconds that one attempt may take; 30,000 when absent. */
  readonly timeout?: number;
  readonly patience?: Patience;
  readonly userAgent?: string;
  readonly onAttempt?: (attempt: Attempt) => void;
}

interface CallOptions {
  /** Ends the call, its waiting too; the signal's reason is what is thrown. */
  readonly signal?: AbortSignal;
  /** Stands for the one that is made otherwise. */
  readonly idempotencyKey?: string;
}

/** Every operation of the API, typed by its table. */
export interface KiteClient {
  /** Where Kite is, with `/api/v1`. */
  readonly url: string;
  /**
   * Asks an operation, and again after what may pass where doing it twice is the same as once.
   *
   * @throws KiteApiError, KiteNetworkError, KiteAnswerError
   */
  call<Id extends OperationId>(id: Id, request: Request<Id>, options?: CallOptions): Promise<Answer<Id>>;
}

type Loose = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
};

/** @throws TypeError when `url` is none of http or https */
export function createClient(options: ClientOptions): KiteClient {
  const url = rootOf(options.url);
  return {
    url,
    // The table types what goes in and comes out; between the two the parts are handled as what they all are.
    call: (id, request, call = {}) =>
      callRoute(options, url, routes[id], request, call) as Promise<Answer<typeof id>>,
  };
}

/** The address with `/api/v1`, whichever way it was written. */
function rootOf(text: string): string {
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`${text} is not an http or https URL.`);
  }
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path.endsWith(base) ? path : `${path}${base}`}`;
}

async function callRoute(
  options: ClientOptions,
  root: string,
  route: Route,
  request: Loose,
  call: CallOptions,
): Promise<Reply> {
  const { surroundings, patience = usualPatience, onAttempt } = options;
  const target = addressOf(root, route, request);
  const key = call.idempotencyKey ?? (needsKey(route, request.body) ? surroundings.newId() : undefined);
  const isSafe = route.method === 'GET' || key !== undefined || hasOwnIds(route, request.body);
  for (let attempt = 1; ; attempt += 1) {
    call.signal?.throwIfAborted();
    const began = surroundings.now();
    const tell = (outcome: number | string, requestId: string | null, next: number | null) =>
      onAttempt?.({
        ...{ method: route.method, url: target, attempt, outcome, requestId, next },
        took: surroundings.now() - began,
      });
    try {
      const reply = await attemptOnce(options, root, route, target, request.body, key, call.signal);
      tell(reply.status, reply.requestId, null);
      return reply;
    } catch (error) {
      call.signal?.throwIfAborted();
      const pause = pauseAfter(error, attempt, isSafe, patience, surroundings.random);
      const known = error instanceof KiteApiError || error instanceof KiteAnswerError ? error : null;
      tell(known?.status ?? String(error), known?.requestId ?? null, pause);
      if (pause === null) throw error;
      await surroundings.sleep(pause, call.signal);
    }
  }
}

function addressOf(root: string, { path }: Route, { params = {}, query = {} }: Loose): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null && one !== '') words.append(name, String(one));
    }
  }
  const relative = filled.startsWith(base) ? filled.slice(base.length) : null;
  const start = relative === null ? `${root.slice(0, -base.length)}${filled}` : `${root}${relative}`;
  return words.size === 0 ? start : `${start}?${words}`;
}

const isDistinct = (message: unknown): boolean =>
  textIn(message, 'eventId') !== null || textIn(message, 'runId') !== null;

/** A key would go before a `runId`, by which the same run is told again: so only what has neither gets one. */
function needsKey(route: Route, body: unknown): boolean {
  if (!route.takesKey) return false;
  if (!route.isReport) return true;
  return reportsIn(body) === null && !isDistinct(body);
}

function hasOwnIds(route: Route, body: unknown): boolean {
  if (!route.isReport) return false;
  return reportsIn(body)?.every(isDistinct) ?? isDistinct(body);
}

/** The reports of a batch; null where it is none. */
function reportsIn(body: unknown): readonly unknown[] | null {
  if (typeof body !== 'object' || body === null || !('reports' in body)) return null;
  return Array.isArray(body.reports) ? body.reports : [];
}

async function attemptOnce(
  { fetch, token, timeout = 30_000, userAgent, surroundings }: ClientOptions,
  root: string,
  route: Route,
  target: string,
  body: unknown,
  key: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const bearer = (await token?.()) ?? null;
  const limit = AbortSignal.timeout(timeout);
  let received: Received;
  try {
    const response = await fetch(target, {
      method: route.method,
      headers: {
        accept: 'application/json',
        ...(userAgent !== undefined && { 'user-agent': userAgent }),
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    received = { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    throw new KiteNetworkError(root, limit.aborted ? 'timeout' : reasonOf(error), error);
  }
  return readReply(root, route, received, surroundings.now());
}
