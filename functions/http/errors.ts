import type { APIGatewayProxyResult } from 'aws-lambda';
import { KiteError } from '../../core/errors.ts';

/** The one error format. What is not a KiteError is `internal`, and nothing of it is shown. */
export function errorResult(error: unknown, requestId: string): APIGatewayProxyResult {
  const shown = error instanceof KiteError ? error : new KiteError('internal', { cause: error });
  return {
    statusCode: shown.status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': requestId,
      ...shown.headers,
    },
    body: JSON.stringify({
      error: shown.message,
      message: shown.message,
      code: shown.code,
      details: shown.problems,
      requestId,
    }),
  };
}
