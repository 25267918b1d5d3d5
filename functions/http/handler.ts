import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import type { Operation } from '../../core/contract/operation.ts';
import type { OperationId } from '../../core/contract/operations.ts';
import { KiteError } from '../../core/errors.ts';
import type { Caller } from '../access/control.ts';
import { anybody } from '../access/open.ts';
import { credentialsOf, sourceOf } from './credentials.ts';
import { logDenied } from './denied.ts';
import { errorResult } from './errors.ts';
import { parseRequest, type Request } from './request.ts';
import { containerRuntime, isFunction, type Runtime } from './runtime.ts';

type Invocation = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'> & {
  /** Told of the work itself, which may go on after it was answered for want of time. */
  readonly onWork?: (work: Promise<unknown>) => void;
};

export type LambdaHandler = (
  event: APIGatewayProxyEvent,
  context: Invocation,
) => Promise<APIGatewayProxyResult>;

/** One of the documented answers of an operation: its status, and a body of that status' form. */
export type Answer<Op extends Operation> = {
  [Status in keyof Op['answers']]: Op['answers'][Status] extends {
    readonly schema: infer Schema extends z.ZodMiniType;
  }
    ? { readonly status: Status & number; readonly body: z.input<Schema> }
    : { readonly status: Status & number; readonly body?: undefined };
}[keyof Op['answers']];

/** An operation that can be called, once it is given what it needs. */
export interface Handler {
  readonly operation: OperationId;
  bind(runtime: Runtime): LambdaHandler;
}

/**
 * The one chain around every operation: parse, run, answer; whatever is thrown becomes the one error
 * format, and is logged with its private cause when it is ours to mend.
 */
export function defineHandler<Op extends Operation & { readonly id: OperationId }>(
  operation: Op,
  run: (request: Request<Op>, runtime: Runtime) => Promise<Answer<Op>>,
  options: {
    /** Throws when the operation is not to be had on this server, whatever the request says. */
    readonly requireOn?: (runtime: Runtime) => void;
  } = {},
): Handler {
  return {
    operation: operation.id,
    bind(runtime) {
      return middy<APIGatewayProxyEvent, APIGatewayProxyResult>({
        timeoutEarlyResponse: () => {
          throw outOfTime(operation);
        },
      })
        .onError((call) => {
          const requestId = call.event.requestContext.requestId;
          logFailure(runtime, operation.id, requestId, call.error);
          call.response = errorResult(call.error, requestId);
        })
        .handler(async (event, context) => {
          options.requireOn?.(runtime);
          const work = serve(operation, event, runtime, run);
          (context as Invocation).onWork?.(work);
          const answer: { readonly status: number; readonly body?: unknown } = await work;
          const requestId = event.requestContext.requestId;
          return answer.body === undefined
            ? { statusCode: answer.status, headers: { 'x-request-id': requestId }, body: '' }
            : {
                statusCode: answer.status,
                headers: { 'content-type': 'application/json; charset=utf-8', 'x-request-id': requestId },
                body: JSON.stringify(answer.body),
              };
        }) as unknown as LambdaHandler;
    },
  };
}

/** Finds out who calls and takes their share before anything of the request is read. */
async function serve<Op extends Operation & { readonly id: OperationId }>(
  operation: Op,
  event: APIGatewayProxyEvent,
  runtime: Runtime,
  run: (request: Request<Op>, runtime: Runtime) => Promise<Answer<Op>>,
): Promise<Answer<Op>> {
  const received = runtime.clock();
  const { caller, release } = await letIn(operation, event, runtime);
  try {
    const sender = { operation: operation.id, caller, source: sourceOf(event) };
    return await run(parseRequest(operation, event, received, sender), runtime);
  } catch (error) {
    if (operation.access === 'report' && error instanceof KiteError && error.status < 500) {
      runtime.telemetry.reported(operation.id, { rejected: 1 });
    }
    throw error;
  } finally {
    release();
  }
}

async function letIn(
  operation: Operation & { readonly id: OperationId },
  event: APIGatewayProxyEvent,
  runtime: Runtime,
): Promise<{ readonly caller: Caller; readonly release: () => void }> {
  if (operation.access === 'public' || !runtime.access.isOn) {
    return { caller: anybody, release: () => undefined };
  }
  const { access } = runtime;
  let principal: string | null = null;
  try {
    const caller = await access.authenticate(credentialsOf(event));
    principal = caller.principal;
    return { caller, release: access.admit(caller) };
  } catch (error) {
    if (error instanceof KiteError && error.status < 500) {
      logDenied(runtime, {
        operation: operation.id,
        requestId: event.requestContext.requestId,
        source: sourceOf(event),
        principal,
        right: operation.access,
        place: null,
        reason: typeof error.cause === 'string' ? error.cause : error.message,
      });
    }
    throw error;
  }
}

/** Of a batch it must be known whether a 503 means that nothing was applied; what runs out of time may have been. */
function outOfTime(operation: Operation): KiteError {
  return new KiteError(operation.errors.includes('outcome_unknown') ? 'outcome_unknown' : 'unavailable', {
    headers: { 'Retry-After': '2' },
  });
}

/** Milliseconds before its deadline by which an answer leaves: Lambda ends the process then, whatever it was about to say. */
const reserve = 250;

/**
 * The handler as Lambda calls it, with the container's runtime. What is wrong with that shows when the function starts, not
 * with its first call.
 */
export function lambda(handler: Handler): LambdaHandler {
  let bound = isFunction ? handler.bind(containerRuntime()) : undefined;
  return async (event, context) => {
    bound ??= handler.bind(containerRuntime());
    const handle: LambdaHandler = bound;
    await caughtUp();
    const result = await handle(event, {
      awsRequestId: context.awsRequestId,
      getRemainingTimeInMillis: () => context.getRemainingTimeInMillis() - reserve,
    });
    return fits(result) ? result : errorResult(tooMuch(), event.requestContext.requestId);
  };
}

/** Bytes of JSON that Lambda takes as an answer; it would tell the caller nothing but that there was an error. */
const mostAnswered = 6 * 1024 * 1024;
/** Bytes, more than a character of the body takes in it: so short ones need not be counted. */
const mostOfCharacter = 6;

function fits(result: APIGatewayProxyResult): boolean {
  return (
    result.body.length * mostOfCharacter < mostAnswered ||
    Buffer.byteLength(JSON.stringify(result)) <= mostAnswered
  );
}

function tooMuch(): KiteError {
  return new KiteError('invalid_request', {
    problems: [
      { path: 'query.limit', message: 'makes an answer of more than 6 MiB here; ask for fewer at once' },
    ],
  });
}

/**
 * Resolves when the process has seen what happened while it was frozen. Of a connection that was closed meanwhile it
 * learns in its first turn, with the call: a statement that is sent before that is lost with the connection.
 */
async function caughtUp(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function logFailure(runtime: Runtime, operation: OperationId, requestId: string, error: unknown): void {
  const status = error instanceof KiteError ? error.status : 500;
  if (status >= 500) {
    const cause = error instanceof KiteError ? (error.cause ?? error) : error;
    runtime.log.error({ operation, requestId, status, reason: describeCause(cause) }, 'operation failed');
  }
}

/** Name, message and stack; of a database error not the statement nor its parameters. */
function describeCause(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) {
    return { message: String(cause) };
  }
  const inner = cause.cause instanceof Error ? describeCause(cause.cause) : undefined;
  const message = cause.message.startsWith('Failed query:') ? 'Failed query' : cause.message;
  const code = 'code' in cause ? cause.code : undefined;
  const stack = cause.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8);
  return { name: cause.name, message, code, stack, cause: inner };
}
