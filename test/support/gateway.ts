import type { APIGatewayProxyEvent } from 'aws-lambda';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { OperationId } from '../../core/contract/operations.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../functions/gateway/server.ts';
import type { LambdaHandler } from '../../functions/http/handler.ts';

export interface TestGateway extends Gateway {
  /** What was logged so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

/** A gateway on a free port, over handlers that the test brings; closed when the test is over. */
export async function gatewayOver(
  handlers: Partial<Record<OperationId, LambdaHandler>>,
  config: Partial<GatewayOptions['config']> = {},
  patience?: GatewayOptions['patience'],
): Promise<TestGateway> {
  const log: Record<string, unknown>[] = [];
  const bound = new Map<OperationId, LambdaHandler>();
  for (const [operation, handler] of Object.entries(handlers)) {
    bound.set(operation as OperationId, handler);
  }
  const gateway = await startGateway({
    handlers: bound,
    config: {
      host: '127.0.0.1',
      port: 0,
      requestTimeout: 10_000,
      shutdownTimeout: 10_000,
      maxInFlight: 100,
      ...config,
    },
    log: pino({ level: 'info' }, { write: (line) => log.push(JSON.parse(line)) }),
    ...(patience && { patience }),
  });
  onTestFinished(() => gateway.close());
  return { ...gateway, log };
}

/** Answers with the event that it got. */
export const echo: LambdaHandler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });

/** The event that `echo` answered with. */
export function echoed(body: unknown): APIGatewayProxyEvent {
  return body as APIGatewayProxyEvent;
}

/** A handler that waits until it is let go, and tells when it has been called. */
export function held(): { readonly handler: LambdaHandler; readonly called: Promise<void>; release(): void } {
  let call = (): void => undefined;
  let release = (): void => undefined;
  const called = new Promise<void>((resolve) => {
    call = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    handler: async () => {
      call();
      await released;
      return { statusCode: 200, body: '{"held":false}' };
    },
    called,
    release: () => release(),
  };
}
