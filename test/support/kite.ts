import { afterAll, beforeAll, expect } from 'vitest';
import * as z from 'zod/mini';
import { eventPage, type Issue, type IssueEvent, issue } from '../../core/contract/issue.ts';
import { type IssuePage, issuePage } from '../../core/contract/list.ts';
import { type ReportResult, reportsAnswer } from '../../core/contract/reports.ts';
import { startServer } from './server.ts';

type Server = Awaited<ReturnType<typeof startServer>>;
type ServerOptions = NonNullable<Parameters<typeof startServer>[0]>;

export type Query = Readonly<Record<string, string | readonly string[]>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body read as JSON; undefined where it is none. */
  readonly body: unknown;
}

export interface Ask {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is; with no content type but the one in `headers`. */
  readonly raw?: string | Uint8Array;
}

/** A server as its clients see it. Paths are relative to `/api/v1`. */
export interface Kite {
  readonly server: Server;
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  get(path: string, query?: Query): Promise<Answer>;
  post(path: string, body: unknown, ask?: Ask): Promise<Answer>;
  /** Creates or updates by `POST /issues/` and gives the issue of the answer. */
  create(body: object, headers?: Readonly<Record<string, string>>): Promise<Issue>;
  /** Reads an issue that must exist. */
  issue(id: string): Promise<Issue>;
  list(query: Query): Promise<IssuePage>;
  /** Sends a failure webhook and gives the issue of the answer. */
  failure(webhook: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Issue>;
  /** Sends a success webhook and gives the message of the answer. */
  success(webhook: string, body: object, headers?: Readonly<Record<string, string>>): Promise<string>;
  reports(reports: readonly unknown[], ask?: Ask): Promise<readonly ReportResult[]>;
  statuses(...reports: readonly unknown[]): Promise<readonly string[]>;
  events(id: string, query?: Query): Promise<readonly IssueEvent[]>;
  /** All that is stored, as a text that is the same exactly when nothing was written in between. */
  stored(): Promise<string>;
}

/** One server for the test file that calls this at its top. */
export function useKite(options: ServerOptions = {}): Kite {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await startServer(options);
  });
  afterAll(async () => {
    await server?.close();
  });
  return kiteOf(() => {
    if (server === undefined)
      throw new Error('The server starts before the first test, not while files load.');
    return server;
  });
}

/** @param own headers that every request has */
export function kiteOf(server: () => Server, own: Readonly<Record<string, string>> = {}): Kite {
  const ask: Kite['ask'] = (method, path, options) =>
    send(server().url, method, `/api/v1${path}`, { ...options, headers: { ...own, ...options?.headers } });
  const post: Kite['post'] = (path, body, options) => ask('POST', path, { ...options, body });
  return {
    get server() {
      return server();
    },
    ask,
    get: (path, query) => ask('GET', path, { ...(query && { query }) }),
    post,
    create: async (body, headers) =>
      wholeIssue(bodyOf(await post('/issues/', body, { ...(headers && { headers }) }), 201)),
    issue: async (id) => wholeIssue(bodyOf(await ask('GET', `/issues/${id}`), 200)),
    async list(query) {
      const page = issuePage.parse(bodyOf(await ask('GET', '/issues/', { query }), 200));
      page.data.forEach(wholeIssue);
      return page;
    },
    async failure(webhook, body, headers) {
      const answer = bodyOf(await post(`/webhooks/${webhook}`, body, { ...(headers && { headers }) }), 201);
      expect(answer).toMatchObject({ status: 'success' });
      return wholeIssue(z.object({ issue: z.unknown() }).parse(answer).issue);
    },
    async success(webhook, body, headers) {
      const answer = bodyOf(await post(`/webhooks/${webhook}`, body, { ...(headers && { headers }) }), 200);
      return z.object({ status: z.literal('success'), message: z.string() }).parse(answer).message;
    },
    async reports(reports, options) {
      const { results } = reportsAnswer.parse(bodyOf(await post('/reports', { reports }, options), 200));
      expect(results.map((result) => result.index)).toEqual(reports.map((_, index) => index));
      return results;
    },
    async statuses(...reports) {
      return (await this.reports(reports)).map((result) => result.status);
    },
    async events(id, query) {
      const answer = await ask('GET', `/issues/${id}/events`, { ...(query && { query }) });
      return eventPage.parse(bodyOf(answer, 200)).data;
    },
    stored: () => fingerprint(server()),
  };
}

/** The body of an answer that must have this status. */
export function bodyOf(answer: Answer, status: number): unknown {
  expect({ status: answer.status, body: answer.status === status ? undefined : answer.text }).toEqual({
    status,
  });
  return answer.body;
}

/** An issue with all that the contract says of one, whichever route it came from. */
export function wholeIssue(value: unknown): Issue {
  const whole = issue.parse(value);
  expect(whole.scope.id).toBe(whole.scopeId);
  expect(whole.resolvedAt === null).toBe(whole.state === 'ACTIVE');
  if (whole.resolvedAt !== null) expect(whole.resolvedAt >= whole.detectedAt).toBe(true);
  for (const link of whole.links) expect(link.issueId).toBe(whole.id);
  for (const relation of whole.relatedFrom) expect(relation.sourceId).toBe(whole.id);
  for (const relation of whole.relatedTo) expect(relation.targetId).toBe(whole.id);
  return whole;
}

const errorBody = z.object({
  error: z.string().check(z.minLength(1)),
  message: z.string().check(z.minLength(1)),
  code: z.string().check(z.minLength(1)),
  details: z.optional(z.nullable(z.array(z.object({ path: z.string(), message: z.string() })))),
});

/** Holds an answer to be an error of this status in the one form: `error`, `message` and `code`, and nothing private. */
export function expectError(answer: Answer, ...statuses: readonly number[]): z.infer<typeof errorBody> {
  expect(statuses, answer.text.slice(0, 500)).toContain(answer.status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.text).not.toMatch(/\bat .+:\d+:\d+\)?|select .+ from |node_modules|PostgresError/i);
  return errorBody.parse(answer.body);
}

/** The fields that an error's details name, without the leading `body.`. */
export function namedPaths(error: z.infer<typeof errorBody>): readonly string[] {
  return (error.details ?? []).map((problem) => problem.path.replace(/^body\./, '')).sort();
}

/** One request, never following a redirect; an answer that is one fails the test that gets it. */
export async function send(url: string, method: string, path: string, ask: Ask = {}): Promise<Answer> {
  const query = new URLSearchParams(
    Object.entries(ask.query ?? {}).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, one]),
    ),
  ).toString();
  const headers = new Headers(ask.headers);
  if (ask.body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
  const raw = ask.body === undefined ? ask.raw : JSON.stringify(ask.body);
  const response = await fetch(`${url}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers,
    redirect: 'manual',
    // Bytes, since fetch names a content type for text where the caller named none.
    ...(raw !== undefined && { body: typeof raw === 'string' ? Buffer.from(raw) : Buffer.from(raw) }),
  });
  expect([301, 302, 303, 307, 308], `${method} ${path} answered by redirect`).not.toContain(response.status);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: readJson(text) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function fingerprint({ database }: Server): Promise<string> {
  const { sql } = database;
  const tables = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname`;
  const lines = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await sql<{ rows: string; digest: string | null }[]>`
        select count(*) as rows, md5(string_agg(t::text, '|' order by t::text)) as digest from ${sql(name)} t`;
      return `${name}: ${row?.rows} rows ${row?.digest}`;
    }),
  );
  return lines.join('\n');
}
