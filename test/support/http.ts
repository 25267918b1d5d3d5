import { connect } from 'node:net';

export interface CallOptions {
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
}

export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where the answer is JSON, else its text. */
  readonly body: unknown;
}

/** One request; a redirect is an answer like any other, and is not followed. */
export async function call(
  url: string,
  method: string,
  path: string,
  { body, headers, query }: CallOptions = {},
): Promise<CallAnswer> {
  const target = new URL(path, url);
  for (const [name, values] of Object.entries(query ?? {})) {
    for (const value of [values].flat()) {
      target.searchParams.append(name, value);
    }
  }
  const response = await fetch(target, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body: toBytes(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true && text !== '';
  const parsed: unknown = isJson ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body: parsed };
}

function toBytes(body: unknown): string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array
    ? new Uint8Array(Buffer.from(body))
    : JSON.stringify(body);
}

/**
 * Bytes as they are over one connection; what came back when the server closed it, or when it is enough.
 *
 * @param options.late reads nothing before everything is sent, as simple clients do
 */
export function converse(
  url: string,
  messages: Iterable<string | Uint8Array>,
  options: { readonly isEnough?: (received: string) => boolean; readonly late?: boolean } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).setEncoding('latin1');
    let received = '';
    const finish = (): void => {
      socket.destroy();
      resolve(received);
    };
    socket.on('data', (text: string) => {
      received += text;
      if (options.isEnough?.(received) === true) {
        finish();
      }
    });
    socket.on('end', finish);
    socket.on('error', (error) => (received === '' ? reject(error) : finish()));
    if (options.late === true) {
      socket.pause();
    }
    socket.on('connect', async () => {
      for (const message of messages) {
        await new Promise((written) => socket.write(message, written));
      }
      socket.resume();
    });
  });
}
