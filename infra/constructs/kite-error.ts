import { type ErrorCode, errorTable } from '../../core/errors.ts';

/** An error as every handler words it (`functions/http/errors.ts`), for answers that API Gateway gives by itself. */
export function kiteError(code: ErrorCode): string {
  const { sentence } = errorTable[code];
  const body = { error: sentence, message: sentence, code, details: [], requestId: '$context.requestId' };
  return JSON.stringify(body);
}
