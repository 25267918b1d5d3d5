import { chmod, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { hasCode } from '../failure.ts';
import { readJson } from '../json.ts';
import type { Log } from '../log.ts';
import { sentenceOf } from './store.ts';
import type { DeadLetter, DeadLetters, Selection } from './types.ts';

/**
 * LevelDB lets one process have a journal. So a running operator answers for its dead letters over a Unix socket beside
 * the journal, which only the operator's own user may open:
 *
 *   GET  /dead-letters         all of them, without their reports
 *   GET  /dead-letters/ID      the report of one, or null
 *   POST /dead-letters/retry   {"which": "all" | [ID, …]}: how many
 *   POST /dead-letters/drop    the same
 */
const socketName = 'control.sock';
const mostBytesAsked = 1024 * 1024;
const patience = 30_000;

const asked = z.object({ which: z.union([z.literal('all'), z.array(z.string())]) });
const counted = z.object({ count: z.int() });
const failed = z.object({ error: z.string() });

/**
 * Answers for the dead letters until it is closed. Where there can be no socket (a read-only disk, a path of more than
 * some 100 characters) the operator works without, and that is logged.
 */
export async function serveDeadLetters(
  journal: DeadLetters,
  directory: string,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  const path = join(directory, socketName);
  const server = createServer((incoming, response) => {
    answer(journal, incoming)
      .then(
        (body) => send(response, 200, body),
        (error: unknown) => send(response, 400, { error: sentenceOf(error) }),
      )
      .catch((error: unknown) => log.warn({ reason: sentenceOf(error) }, 'a question was not answered'));
  });
  try {
    // What another operator left behind: whoever has the journal open is the only one.
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    await chmod(path, 0o600);
  } catch (error) {
    log.warn(
      { path, reason: sentenceOf(error) },
      'there is no control socket: dead letters cannot be listed while the operator runs',
    );
    server.close();
    return { close: async () => undefined };
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Reaches the dead letters of a directory: through the operator that runs there, or by opening the journal.
 *
 * @param open opens the journal; used when no operator answers
 * @throws Error when there is no such directory
 */
export async function reachDeadLetters(
  directory: string,
  open: () => Promise<DeadLetters & { close(): Promise<void> }>,
): Promise<DeadLetters & { close(): Promise<void> }> {
  if (
    !(await stat(directory).then(
      (found) => found.isDirectory(),
      () => false,
    ))
  ) {
    throw new Error(`There is no journal in ${directory}.`);
  }
  const path = join(directory, socketName);
  try {
    await ask(path, 'GET', '/');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ECONNREFUSED')) {
      return open();
    }
    throw error;
  }
  const change = async (verb: string, which: Selection): Promise<number> =>
    counted.parse(await ask(path, 'POST', `/dead-letters/${verb}`, { which })).count;
  return {
    deadLetters: async () => (await ask(path, 'GET', '/dead-letters')) as readonly DeadLetter[],
    deadReport: async (id) =>
      (await ask(path, 'GET', `/dead-letters/${encodeURIComponent(id)}`)) as Record<string, unknown> | null,
    retry: (which) => change('retry', which),
    drop: (which) => change('drop', which),
    close: async () => undefined,
  };
}

async function answer(journal: DeadLetters, incoming: IncomingMessage): Promise<unknown> {
  const route = `${incoming.method} ${incoming.url}`;
  switch (route) {
    case 'GET /':
      return {};
    case 'GET /dead-letters':
      return journal.deadLetters();
    case 'POST /dead-letters/retry':
      return {
        count: await journal.retry(asked.parse(readJson(await textOf(incoming, mostBytesAsked))).which),
      };
    case 'POST /dead-letters/drop':
      return {
        count: await journal.drop(asked.parse(readJson(await textOf(incoming, mostBytesAsked))).which),
      };
    default: {
      const id = /^GET \/dead-letters\/([^/]+)$/.exec(route)?.[1];
      if (id === undefined) {
        throw new Error(`The operator does not know ${route}; it may be of another version.`);
      }
      return journal.deadReport(decodeURIComponent(id));
    }
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** @throws Error with what the operator says went wrong */
function ask(path: string, method: string, route: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, method, path: route, timeout: patience }, (incoming) => {
      textOf(incoming, Number.POSITIVE_INFINITY).then((text) => {
        const value = readJson(text);
        if (incoming.statusCode === 200) {
          resolve(value);
        } else {
          const { success, data } = failed.safeParse(value);
          reject(new Error(success ? data.error : `The operator answered ${incoming.statusCode}.`));
        }
      }, reject);
    });
    outgoing.on('timeout', () => {
      outgoing.destroy(new Error(`The operator has not answered on ${path} for ${patience / 1000} s.`));
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function textOf(incoming: IncomingMessage, most: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > most) {
      throw new Error(`That is more than ${most} bytes.`);
    }
  }
  return Buffer.concat(pieces).toString('utf8');
}
