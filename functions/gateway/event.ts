import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

/** What the router and the server know of a request beside the request itself. */
export interface Arrival {
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly received: number;
  /** The pattern of the route, such as `/api/v1/issues/{id}`. */
  readonly resource: string;
  /** Decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** What is read of a request. */
interface Received
  extends Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders' | 'headers' | 'httpVersion'> {
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The path as it was sent, still encoded, and the query without its question mark. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0] ?? '';
  const [withoutFragment = ''] = target.slice(origin.length).split('#', 1);
  const mark = withoutFragment.indexOf('?');
  const path = mark < 0 ? withoutFragment : withoutFragment.slice(0, mark);
  return { path: path === '' ? '/' : path, query: mark < 0 ? '' : withoutFragment.slice(mark + 1) };
}

/**
 * The event that API Gateway (REST, payload 1.0) makes of such a request.
 *
 * Every value of a repeated header or query parameter survives by itself, in the order of sending; the single-valued
 * maps hold the last. A header keeps the spelling of its first appearance. HEAD is passed on as GET.
 */
export function toEvent(request: Received, body: Buffer, arrival: Arrival): APIGatewayProxyEvent {
  const { path, query } = splitTarget(request.url ?? '/');
  const httpMethod = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const headers = groupHeaders(request.rawHeaders);
  const parameters = group([...new URLSearchParams(query)]);
  const isText = isUtf8(body);
  return {
    httpMethod,
    path,
    resource: arrival.resource,
    headers: lastOf(headers),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: parameters.size === 0 ? null : lastOf(parameters),
    multiValueQueryStringParameters: parameters.size === 0 ? null : Object.fromEntries(parameters),
    pathParameters: Object.keys(arrival.pathParameters).length === 0 ? null : { ...arrival.pathParameters },
    stageVariables: null,
    body: body.length === 0 ? null : body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      authorizer: null,
      protocol: `HTTP/${request.httpVersion}`,
      httpMethod,
      path,
      stage: 'local',
      requestId: arrival.requestId,
      requestTimeEpoch: arrival.received,
      resourceId: arrival.resource,
      resourcePath: arrival.resource,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.socket.remoteAddress ?? '',
        user: null,
        userAgent: request.headers['user-agent'] ?? null,
        userArn: null,
      },
    },
  };
}

type Grouped = ReadonlyMap<string, string[]>;

/** `request.headers` joins what was repeated; only the raw list keeps the values apart. */
function groupHeaders(raw: readonly string[]): Grouped {
  const spelling = new Map<string, string>();
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const first = spelling.get(name.toLowerCase()) ?? name;
    spelling.set(name.toLowerCase(), first);
    pairs.push([first, raw[index + 1] ?? '']);
  }
  return group(pairs);
}

function group(pairs: readonly (readonly [string, string])[]): Grouped {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const values = grouped.get(name);
    if (values === undefined) {
      grouped.set(name, [value]);
    } else {
      values.push(value);
    }
  }
  return grouped;
}

function lastOf(grouped: Grouped): Record<string, string> {
  return Object.fromEntries([...grouped].map(([name, values]) => [name, values.at(-1) ?? '']));
}

export interface Reply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string | readonly string[]])[];
  /** A text leaves in one piece with the headers. */
  readonly body: string | Buffer;
}

const withoutBody: ReadonlySet<number> = new Set([204, 304]);

/**
 * What goes over the wire for a handler's result: header names in lower case, a content length, and neither body nor
 * content headers where the status has none.
 *
 * @throws Error when the result is none that HTTP can carry
 */
export function toReply(result: APIGatewayProxyResult): Reply {
  const { statusCode: status } = result;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new Error(`A handler answered with status ${status}.`);
  }
  const body = withoutBody.has(status) ? '' : bodyOf(result);
  const headers = new Map<string, string | readonly string[]>();
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    headers.set(name.toLowerCase(), String(value));
  }
  for (const [name, values] of Object.entries(result.multiValueHeaders ?? {})) {
    headers.set(name.toLowerCase(), values.map(String));
  }
  // The gateway frames the message itself.
  for (const name of ['connection', 'content-length', 'transfer-encoding']) {
    headers.delete(name);
  }
  if (withoutBody.has(status)) {
    headers.delete('content-type');
  } else {
    headers.set('content-length', String(Buffer.byteLength(body)));
    if (body.length > 0 && !headers.has('content-type')) {
      headers.set('content-type', 'application/json');
    }
  }
  return { status, headers: [...headers], body };
}

function bodyOf({ body, isBase64Encoded }: APIGatewayProxyResult): string | Buffer {
  return isBase64Encoded === true ? Buffer.from(body, 'base64') : body;
}
