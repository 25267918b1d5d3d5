/** Where the API is, and who asks. */
export interface Asked {
  /** Without a slash at its end; on AWS with the stage. */
  readonly url: string;
  readonly token: string | undefined;
  /** Milliseconds for one answer. */
  readonly timeout: number;
}

export interface Told {
  readonly status: number;
  readonly body: unknown;
}

/** A request that had no answer, or one that is none of Kite's; the message says what to do. */
export class Unanswered extends Error {}

/**
 * Asks one thing, and takes only an answer of Kite's own: JSON, or nothing where it says so.
 *
 * @param path under `/api/v1`
 * @throws Unanswered
 */
export async function ask(asked: Asked, method: string, path: string, body?: object): Promise<Told> {
  const { url, token, timeout } = asked;
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeout),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new Unanswered(unreachable(error, asked), { cause: error });
  });
  const text = await response.text();
  const { status } = response;
  if (status >= 300 && status < 400) {
    throw new Unanswered(`it sends us on to ${response.headers.get('location')}: ask there, by --url`);
  }
  if (status === 204) {
    return { status, body: undefined };
  }
  const type = response.headers.get('content-type') ?? 'no type';
  if (!type.startsWith('application/json')) {
    throw new Unanswered(
      `${status} with ${type.split(';')[0]}, which is no answer of Kite: is --url the API’s own address, and on AWS with its stage?`,
    );
  }
  try {
    return { status, body: JSON.parse(text) };
  } catch (error) {
    throw new Unanswered(`${status} with JSON that ends too early: ${text.slice(-80)}`, { cause: error });
  }
}

function unreachable(error: unknown, { url, timeout }: Asked): string {
  const { host } = new URL(url);
  const cause = error instanceof Error ? error.cause : undefined;
  const [inner] = cause instanceof AggregateError ? cause.errors : [cause];
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `no answer within ${timeout / 1000} s`;
  }
  if (code === 'ECONNREFUSED') {
    return `nobody listens on ${host}: does it run, and is --url right?`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `there is no ${host} in the DNS here: is --url right?`;
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return `the certificate of ${host} is not trusted here (${code}): name its authority in NODE_EXTRA_CA_CERTS`;
  }
  return `${host} gave no answer: ${inner instanceof Error ? inner.message : String(error)}`;
}
