import { expect, test } from 'vitest';
import { type OperationId, operations } from '../../../core/contract/operations.ts';
import { KiteError } from '../../../core/errors.ts';
import { createRouter } from '../../../functions/gateway/router.ts';

const ids = Object.keys(operations) as OperationId[];
const route = createRouter(ids);
const id = '018f3c1e-7b2a-7c3d-9e4f-5a6b7c8d9e0f';

function refusal(method: string, path: string): KiteError {
  try {
    route(method, path);
  } catch (error) {
    if (error instanceof KiteError) {
      return error;
    }
  }
  throw new Error(`${method} ${path} was not refused`);
}

test.each(ids)('%s is reached with and without one slash at the end', (operation) => {
  const { method, path } = operations[operation];
  const filled = path.replaceAll(/\{\w+\}/g, id);
  for (const target of path === '/' ? ['/'] : [filled, `${filled}/`]) {
    expect(route(method, target)).toMatchObject({ operation, route: path });
  }
});

test.each([
  '//',
  '/api/v1/issues//',
  '/api/v1//issues',
  '/api/v1/issues/{id}/links/',
  '/api',
  '',
  'api/v1/issues',
  '*',
])('%s is not a route that takes GET', (path) => {
  expect(['route_not_found', 'method_not_allowed']).toContain(refusal('GET', path).code);
});

test('an empty segment is no parameter', () => {
  expect(refusal('GET', '/api/v1/issues//').code).toBe('route_not_found');
  expect(refusal('POST', '/api/v1/issues//resolve').code).toBe('route_not_found');
});

test('an exact segment wins over a parameter, whatever the method', () => {
  expect(route('GET', '/api/v1/issues/summary').operation).toBe('issues.summary');
  expect(refusal('DELETE', '/api/v1/issues/summary')).toMatchObject({
    code: 'method_not_allowed',
    headers: { allow: 'GET, HEAD, OPTIONS' },
  });
  expect(route('GET', '/api/v1/issues/summary/events')).toMatchObject({
    operation: 'issues.events',
    params: { id: 'summary' },
  });
});

test('parameters are decoded, a slash among them too, and belong to their names', () => {
  expect(route('DELETE', '/api/v1/issues/a%2Fb/related/%C3%A9+')).toMatchObject({
    operation: 'relations.delete',
    params: { id: 'a/b', relatedId: 'é+' },
  });
  expect(route('GET', '/api/v1/issue%73').operation).toBe('issues.list');
});

test.each(['%', '%zz', '%ff', '%c3'])(
  'malformed percent-encoding %s in a parameter is the caller’s mistake',
  (bad) => {
    expect(refusal('GET', `/api/v1/issues/${bad}`)).toMatchObject({
      code: 'invalid_request',
      problems: [{ path: 'path.id', message: 'is not percent-encoded UTF-8' }],
    });
    expect(refusal('GET', `/api/v1/${bad}`).code).toBe('route_not_found');
  },
);

test('a known path with another method names all that it takes', () => {
  expect(refusal('PATCH', `/api/v1/issues/${id}/`)).toMatchObject({
    code: 'method_not_allowed',
    headers: { allow: 'GET, HEAD, PUT, DELETE, OPTIONS' },
  });
  expect(refusal('HEAD', '/api/v1/webhooks/pipeline-failure')).toMatchObject({
    headers: { allow: 'POST, OPTIONS' },
  });
});

test('HEAD goes where GET goes, and OPTIONS tells the methods', () => {
  expect(route('HEAD', '/api/v1/issues/').operation).toBe('issues.list');
  expect(route('OPTIONS', '/api/v1/issues')).toEqual({
    operation: undefined,
    route: '/api/v1/issues',
    allow: 'GET, HEAD, POST, OPTIONS',
  });
  expect(refusal('OPTIONS', '/api/v2').code).toBe('route_not_found');
});

test('names of the prototype are no routes', () => {
  expect(refusal('GET', '/__proto__').code).toBe('route_not_found');
  expect(refusal('constructor', '/api/v1/issues').code).toBe('method_not_allowed');
});
