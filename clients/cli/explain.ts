import { KiteAnswerError, KiteApiError, KiteNetworkError } from '../../core/contract/client/failures.ts';
import { exitCodes, Failure } from './failure.ts';
import { line } from './output/plain.ts';

/** What is known when something goes wrong. */
export interface Circumstances {
  readonly verbose: boolean;
  /** Where the address came from, such as `KITE_URL`; null where it was not looked for yet. */
  readonly urlFrom: string | null;
  readonly hasToken: boolean;
  /** Milliseconds that one attempt may take. */
  readonly timeout: number;
}

export interface Explanation {
  /** One line: what happened and what to do. */
  readonly sentence: string;
  readonly exitCode: number;
}

export function explain(error: unknown, about: Circumstances): Explanation {
  const { sentence, exitCode } = explained(error, about);
  const requestId =
    error instanceof KiteApiError || error instanceof KiteAnswerError ? error.requestId : null;
  const trace = about.verbose && requestId !== null ? ` (request ${requestId})` : '';
  return { sentence: line(sentence) + line(trace).replace(/^(?=.)/, ' '), exitCode };
}

function explained(error: unknown, about: Circumstances): Explanation {
  if (error instanceof Failure) return { sentence: error.message, exitCode: error.exitCode };
  const exitCode = exitCodes.failed;
  if (error instanceof KiteNetworkError) return { sentence: ofNetwork(error, about), exitCode };
  if (error instanceof KiteAnswerError) {
    return {
      sentence: `${error.message}, not as Kite does. ${advice(error, about)}`,
      exitCode,
    };
  }
  if (error instanceof KiteApiError) return { sentence: ofApi(error, about), exitCode };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { sentence: `this should not happen, please report it: ${message}`, exitCode };
}

const from = ({ urlFrom }: Circumstances): string => (urlFrom === null ? '' : ` (from ${urlFrom})`);

function ofNetwork(error: KiteNetworkError, about: Circumstances): string {
  const reach = `cannot reach ${error.url}${from(about)}`;
  switch (error.reason) {
    case 'refused':
      return `${reach}: connection refused. Is the server running? Set KITE_URL or say --url, or choose a context with "kite context use"`;
    case 'unresolved':
      return `${reach}: there is no host of that name. Look at the address: KITE_URL, --url or "kite context list"`;
    case 'timeout':
      return `${reach}: no answer within ${about.timeout / 1000} s. Try again, or wait longer with --timeout`;
    case 'closed':
      return `${reach}: the connection ended before the answer. Try again; if it stays so, look at the proxy before Kite`;
    case 'plain':
      return `${error.url}${from(about)} does not speak TLS; is it ${error.url.replace(/^https:/i, 'http:')}?`;
    case 'tls':
      return `${reach}: ${error.message.slice(error.url.length + 2)}. Where its authority is your own, name it in NODE_EXTRA_CA_CERTS`;
    case 'unknown':
      return `${reach}: ${error.message.slice(error.url.length + 2)}`;
  }
}

function advice({ status }: KiteAnswerError, about: Circumstances): string {
  if (status >= 500) return 'What stands before Kite says that it is down; try again later';
  if (status === 401 || status === 403 || (status >= 300 && status < 400)) {
    return `A login page or a proxy may stand before it${from(about)}; take the address of the API itself`;
  }
  return `Is this the address of Kite's API${from(about)}?`;
}

function ofApi(error: KiteApiError, about: Circumstances): string {
  const { status, message, details } = error;
  const sentence = message.replace(/\.$/, '');
  if (status === 401) {
    return about.hasToken
      ? 'Kite does not take this token: it has ended, was revoked, or is for another place. Log in again, or set KITE_TOKEN to a new one'
      : 'Kite wants to know who you are, and no token was sent. Use "kite login", KITE_TOKEN, --token-file or --kube';
  }
  if (status === 403) return `you may not do this: ${sentence}`;
  if (status === 429) return `too many requests: ${sentence}`;
  if (status === 503) return `Kite cannot answer now, and nothing may have been written: ${sentence}`;
  if (status === 504) return sentence;
  if (status >= 500)
    return `Kite failed: ${sentence}. Its log knows more about the request${about.verbose ? '' : '; -v tells its id'}`;
  if (
    details.some(({ path, message: what }) => path === 'query.namespace' && what.startsWith('is missing'))
  ) {
    // Who is known may be refused for want of rights: the answer does not tell the one from the other.
    if (about.hasToken) {
      return 'this server wants to know which namespace: say -n NAME, or several with commas. -A is for those who may read all of them; where access is off, the server needs KITE_NAMESPACE_CHECK=off for it';
    }
    return 'this server answers for named namespaces only (its KITE_NAMESPACE_CHECK is on): say -n a,b, or start it with KITE_NAMESPACE_CHECK=off';
  }
  const wrong = details.map(
    ({ path, message: what }) => `${path.replace(/^(body|query|params)\./, '')} ${what}`,
  );
  return wrong.length === 0 ? sentence : `Kite does not take this: ${wrong.join('; ')}`;
}
