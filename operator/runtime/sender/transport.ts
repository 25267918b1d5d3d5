import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { hasCode } from '../failure.ts';
import { Patience } from '../patience.ts';
import type { SenderOptions } from './types.ts';

/** An answer may be so long, in bytes: 500 results with all that is wrong with each are less than a tenth. */
const longestAnswer = 16 * 1024 * 1024;
const longestToken = 64 * 1024;
/** Codes of a connection that the other side has closed. */
const closed = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

export interface TransportOptions
  extends Pick<SenderOptions, 'url' | 'tokenFile' | 'caFile' | 'environment' | 'userAgent'> {
  readonly connectMs: number;
  readonly requestMs: number;
}

export interface Reply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
  readonly body: string;
}

/** There was no answer; the message says why, for the operator. */
export class NoReplyError extends Error {
  /** Whether the server took the request and did not answer in time: it may have been too much for it. */
  readonly isTimeout: boolean;

  constructor(message: string, options: ErrorOptions & { readonly isTimeout?: boolean } = {}) {
    super(message, options);
    this.isTimeout = options.isTimeout ?? false;
  }
}

/** Posts batches to one address: by proxy where the environment says so, with certificates and a token that may change. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #target: URL;
  #agent: EnvHttpProxyAgent | undefined;
  #ca: string | undefined;
  /** Whether there may be a connection that has carried an answer, and was idle since. */
  #isUsed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#target = new URL(`${options.url.replace(/\/+$/, '')}/api/v1/reports`);
  }

  /**
   * A server, or what is before it, may close an idle connection in the moment in which it is used again. That says
   * nothing of the server, so the same is posted once more, over a new connection: event ids make that harmless.
   *
   * @throws NoReplyError
   */
  async post(body: string, stop: AbortSignal): Promise<Reply> {
    const { requestMs } = this.#options;
    const token = await this.#token();
    const dispatcher = await this.#dispatcher();
    const late = new Error(`no answer within ${requestMs / 1000} s`);
    const patience = new Patience(stop);
    patience.wait(requestMs, () => late);
    const exchange = (): Promise<Reply> => this.#exchange(dispatcher, token, body, patience.signal);
    const wasUsed = this.#isUsed;
    this.#isUsed = false;
    try {
      const reply = await exchange().catch((error: unknown) => {
        if (wasUsed && hasCode(error, ...closed)) {
          return exchange();
        }
        throw error;
      });
      this.#isUsed = true;
      return reply;
    } catch (error) {
      const isLate = patience.signal.reason === late;
      const isTimeout = isLate || hasCode(error, 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT');
      const reason = isLate ? late.message : reasonOf(error);
      throw new NoReplyError(`${this.#target.origin} cannot be reached: ${reason}.`, {
        cause: error,
        isTimeout,
      });
    } finally {
      patience.end();
    }
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = undefined;
  }

  async #exchange(
    dispatcher: Dispatcher,
    token: string | undefined,
    body: string,
    signal: AbortSignal,
  ): Promise<Reply> {
    const answer = await request(this.#target, {
      dispatcher,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': this.#options.userAgent,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body,
      signal,
    });
    return {
      status: answer.statusCode,
      retryAfter: single(answer.headers['retry-after']),
      location: single(answer.headers.location),
      body: await answer.body.text(),
    };
  }

  async #token(): Promise<string | undefined> {
    const { tokenFile } = this.#options;
    if (tokenFile === undefined) {
      return undefined;
    }
    const token = (await readText(tokenFile, 'token')).trim();
    // What a header can carry. The token itself must not appear in a message.
    if (token.length > longestToken || !/^[\x21-\x7e]+$/.test(token)) {
      throw new NoReplyError(`The token file ${tokenFile} does not hold one token.`);
    }
    return token;
  }

  async #dispatcher(): Promise<EnvHttpProxyAgent> {
    const { caFile, environment, connectMs, requestMs } = this.#options;
    const ca = caFile === undefined ? undefined : await readText(caFile, 'CA');
    if (this.#agent !== undefined && ca === this.#ca) {
      return this.#agent;
    }
    const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
    const of = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? '';
    const previous = this.#agent;
    this.#ca = ca;
    this.#isUsed = false;
    try {
      this.#agent = new EnvHttpProxyAgent({
        httpProxy: of('HTTP_PROXY'),
        httpsProxy: of('HTTPS_PROXY'),
        noProxy: of('NO_PROXY'),
        connect: { timeout: connectMs, ...trust },
        requestTls: { timeout: connectMs, ...trust },
        proxyTls: { timeout: connectMs, ...trust },
        headersTimeout: requestMs,
        bodyTimeout: requestMs,
        maxResponseSize: longestAnswer,
        // Less than what servers and load balancers use: they must not close a connection that we begin to use.
        keepAliveTimeout: 4_000,
        connections: 1,
      });
    } catch (error) {
      throw new NoReplyError(`The proxy or the CA cannot be used: ${reasonOf(error)}.`, { cause: error });
    }
    await previous?.destroy();
    return this.#agent;
  }
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new NoReplyError(`The ${what} file ${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** The message, with those of its causes where it has none of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map(reasonOf).join('; ');
  }
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
