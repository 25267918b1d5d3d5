import { createHash } from 'node:crypto';
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from 'undici';
import type { Access, Credentials } from './access.ts';
import { ClusterFailure } from './failure.ts';

interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Milliseconds. Silence under way is the caller's matter: only the caller knows how long a watch may say nothing. */
const CONNECT_TIMEOUT = 10_000;
const HEADERS_TIMEOUT = 30_000;

/** Connections to one API server, direct or through a proxy; new ones whenever certificates have changed. */
export class Transport {
  readonly #access: Access;
  readonly #env: NodeJS.ProcessEnv;
  #current: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  /** @param env names the proxies, and with NO_PROXY what is reached without one */
  constructor(access: Access, env: NodeJS.ProcessEnv) {
    this.#access = access;
    this.#env = env;
  }

  send(request: Sent, credentials: Credentials, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method = 'GET', path, query = {}, body } = request;
    const url = new URL(`${this.#access.server}${path}`);
    for (const [name, value] of Object.entries(query)) {
      url.searchParams.set(name, value);
    }
    return this.#dispatcher(credentials.tls).request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      signal,
      headers: {
        accept: 'application/json',
        'user-agent': 'kite-operator',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...credentials.headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async close(): Promise<void> {
    const open = this.#current;
    this.#current = undefined;
    await open?.dispatcher.destroy();
  }

  #dispatcher(tls: Credentials['tls']): Dispatcher {
    const key = digest(tls);
    if (this.#current?.key === key) {
      return this.#current.dispatcher;
    }
    const old = this.#current?.dispatcher;
    const dispatcher = this.#connect(tls);
    this.#current = { key, dispatcher };
    // What is under way over the old connections, such as a watch, may end by itself.
    void old?.close();
    return dispatcher;
  }

  #connect(tls: Credentials['tls']): Dispatcher {
    const { proxy } = this.#access;
    const connect = { ...tls, timeout: CONNECT_TIMEOUT, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const options = { connect, headersTimeout: HEADERS_TIMEOUT, bodyTimeout: 0 };
    if (proxy === 'none') {
      return new Agent(options);
    }
    if (proxy === 'environment') {
      const named = (name: string): string => this.#env[name.toLowerCase()] ?? this.#env[name] ?? '';
      return new EnvHttpProxyAgent({
        ...options,
        requestTls: connect,
        httpProxy: named('HTTP_PROXY'),
        httpsProxy: named('HTTPS_PROXY'),
        noProxy: named('NO_PROXY'),
      });
    }
    if (!/^https?:/.test(proxy.url)) {
      throw new ClusterFailure(`The kubeconfig's proxy ${proxy.url} is not an HTTP proxy.`);
    }
    return new ProxyAgent({ ...options, uri: proxy.url, requestTls: connect });
  }
}

function digest(tls: Credentials['tls']): string {
  const { ca, cert, key, servername = '', rejectUnauthorized = true } = tls;
  const hash = createHash('sha256');
  for (const part of [ca, cert, key, servername, rejectUnauthorized]) {
    hash.update(`${String(part)}\0`);
  }
  return hash.digest('hex');
}
