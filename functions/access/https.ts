import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface CallOptions {
  /** PEM; the system's own authorities when absent. */
  readonly ca?: string | undefined;
  /** Milliseconds for all of it, from the connection to the last byte. */
  readonly timeout: number;
  /** Bytes of an answer. */
  readonly mostBytes: number;
  /** Connections, and questions that wait for one. */
  readonly connections: number;
  readonly waiting: number;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface CallAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks one server, over connections that are kept. Any status is an answer; a redirect is not followed.
 *
 * @returns rejects when there is no whole answer in time, or too many questions wait already
 */
export type Asker = (url: URL, call: Call) => Promise<CallAnswer>;

export function createAsker({ ca, timeout, mostBytes, connections, waiting }: CallOptions): Asker {
  const options = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections };
  const secure = new HttpsAgent({ ...options, ...(ca !== undefined && { ca }) });
  const plain = new HttpAgent(options);
  let atWork = 0;

  const once = (url: URL, call: Call, signal: AbortSignal): Promise<CallAnswer> =>
    new Promise((resolve, reject) => {
      const sent = call.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(call.body)) };
      const init = { method: call.method, headers: { ...call.headers, ...sent }, signal };
      const request =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...init, agent: secure })
          : httpRequest(url, { ...init, agent: plain });
      request.once('response', (response) => read(response, mostBytes).then(resolve, reject));
      request.once('error', (error) => reject(request.reusedSocket ? new StaleConnection(error) : error));
      request.end(call.body);
    });

  return async (url, call) => {
    if (atWork >= connections + waiting) {
      throw new Error(`${atWork} questions wait for ${url.host} already`);
    }
    atWork += 1;
    const signal = AbortSignal.timeout(timeout);
    try {
      return await once(url, call, signal).catch((error: unknown) => {
        // The server may have closed a kept connection just then; asking again asks nothing else.
        if (error instanceof StaleConnection && !signal.aborted) {
          return once(url, call, signal);
        }
        throw error;
      });
    } finally {
      atWork -= 1;
    }
  };
}

class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

async function read(response: IncomingMessage, mostBytes: number): Promise<CallAnswer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBytes) {
      response.destroy();
      throw new Error(`the answer is longer than ${mostBytes} bytes`);
    }
    parts.push(part);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') };
}
