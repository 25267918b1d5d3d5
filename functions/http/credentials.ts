import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Credentials } from '../access/control.ts';
import { unauthenticated } from '../access/refusal.ts';

const prefix = 'impersonate-';

/**
 * What a request says of who sends it, value by value: a runtime that joined repeated headers would make two groups
 * of one whose name holds a comma.
 *
 * @throws KiteError `unauthenticated` for more than one header `Authorization`
 */
export function credentialsOf(event: APIGatewayProxyEvent): Credentials {
  const authorizations: string[] = [];
  const impersonation = new Map<string, readonly string[]>();
  for (const [name, values] of headersOf(event)) {
    const lower = name.toLowerCase();
    if (lower === 'authorization') {
      authorizations.push(...values);
    } else if (lower.startsWith(prefix)) {
      impersonation.set(lower, [...(impersonation.get(lower) ?? []), ...values.map(asText)]);
    }
  }
  if (authorizations.length > 1) {
    throw unauthenticated('the request has more than one header Authorization');
  }
  return {
    authorization: authorizations[0] ?? null,
    impersonation,
    sourceAddress: sourceOf(event),
  };
}

/** The address of the connection; empty where whoever made the event tells none. */
export function sourceOf(event: APIGatewayProxyEvent): string {
  const { identity }: Partial<APIGatewayProxyEvent['requestContext']> = event.requestContext;
  return identity?.sourceIp ?? '';
}

function headersOf(event: APIGatewayProxyEvent): [string, string[]][] {
  const many = Object.entries(event.multiValueHeaders ?? {}).map(([name, values]): [string, string[]] => [
    name,
    values ?? [],
  ]);
  const known = new Set(many.map(([name]) => name.toLowerCase()));
  const single = Object.entries(event.headers ?? {}).flatMap(([name, value]): [string, string[]][] =>
    value === undefined || known.has(name.toLowerCase()) ? [] : [[name, [value]]],
  );
  return [...many, ...single];
}

/** Node reads each byte of a header as one character; names outside of ASCII are sent as UTF-8. */
function asText(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return bytes.toString('latin1') === value && isUtf8(bytes) ? bytes.toString('utf8') : value;
}
