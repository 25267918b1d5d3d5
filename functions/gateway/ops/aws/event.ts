import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Operation } from '../../../../core/contract/operation.ts';
import { type OperationId, operations } from '../../../../core/contract/operations.ts';
import { toEvent } from '../../event.ts';
import { type Call, UsageError } from './arguments.ts';

/**
 * The event that API Gateway would make of such a request.
 *
 * @param body what `call.body` stands for
 * @param caller the token that is shown; undefined: none
 * @throws UsageError for a parameter of the path that is missing or that there is not
 */
export function eventOf(
  id: OperationId,
  call: Call,
  body: string | undefined,
  arrival: { readonly requestId: string; readonly received: number; readonly caller: string | undefined },
): APIGatewayProxyEvent {
  const { method, path }: Operation = operations[id];
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const strange = Object.keys(call.path).find((name) => !names.includes(name));
  if (strange !== undefined) {
    throw new UsageError(`${path} has no ${strange}`);
  }
  const filled = names.reduce((text, name) => {
    const value = call.path[name];
    if (value === undefined || value === '') {
      throw new UsageError(`${path} needs --path ${name}=VALUE`);
    }
    return text.replace(`{${name}}`, encodeURIComponent(value));
  }, path);
  const query = new URLSearchParams(
    call.query.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  const headers: (readonly [string, string])[] = [
    ...(body === undefined ? [] : [['content-type', 'application/json'] as const]),
    ...(arrival.caller === undefined ? [] : [['authorization', `Bearer ${arrival.caller}`] as const]),
    ['user-agent', 'kite-ops'],
    ...call.headers,
  ];
  const request = {
    method,
    url: query === '' ? filled : `${filled}?${query}`,
    rawHeaders: headers.flat(),
    headers: { 'user-agent': 'kite-ops' },
    httpVersion: '1.1',
    socket: {},
  };
  return toEvent(request, Buffer.from(body ?? ''), {
    requestId: arrival.requestId,
    received: arrival.received,
    resource: path,
    pathParameters: call.path,
  });
}
