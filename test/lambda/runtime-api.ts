import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What Lambda says of an invocation that gave no answer, as the Invoke API words it. */
export class FunctionError extends Error {
  readonly errorType: string;
  readonly errorMessage: string;

  constructor(errorType: string, errorMessage: string) {
    super(`${errorType}: ${errorMessage}`);
    this.errorType = errorType;
    this.errorMessage = errorMessage;
  }
}

/** Bytes: an answer of the service may have no more. */
export const mostAnswered = 6 * 1024 * 1024 + 100;

export interface Call {
  readonly requestId: string;
  readonly payload: string;
  readonly functionArn: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

/** The Lambda Runtime API for one process, on a port of its own: what is left of an older process reaches nobody. */
export interface RuntimeApi {
  /** `host:port`, as AWS_LAMBDA_RUNTIME_API has it. */
  readonly address: string;
  /** The process asked for its first event; rejects with a FunctionError when it says that it cannot start. */
  readonly started: Promise<void>;
  /** The answer of the function. One call at a time. @throws FunctionError */
  call(call: Call): Promise<string>;
  close(): void;
}

interface Pending {
  readonly call: Call;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: FunctionError) => void;
}

const prefix = '/2018-06-01/runtime/';

/** @param onIdle called whenever the process has answered, asks for an event, and there is none: Lambda freezes it then */
export async function startRuntimeApi(onIdle: () => void): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  let queued: Pending | undefined;
  let current: Pending | undefined;
  let begin = (): void => undefined;
  let fail = (_: FunctionError): void => undefined;
  const started = new Promise<void>((resolve, reject) => {
    [begin, fail] = [resolve, reject];
  });
  started.catch(() => undefined);

  const handOver = (): void => {
    if (waiting === undefined || current !== undefined) {
      return;
    }
    if (queued === undefined) {
      onIdle();
      return;
    }
    const { call } = queued;
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': call.requestId,
      'lambda-runtime-deadline-ms': String(call.deadline),
      'lambda-runtime-invoked-function-arn': call.functionArn,
      'lambda-runtime-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0',
    });
    waiting.end(call.payload);
    [current, queued, waiting] = [queued, undefined, undefined];
  };
  const settle = (requestId: string | undefined, kind: string | undefined, body: Buffer): number => {
    if (current === undefined || current.call.requestId !== requestId) {
      return 400;
    }
    const { resolve, reject } = current;
    current = undefined;
    if (kind === 'error') {
      reject(readError(body));
      return 202;
    }
    if (body.length > mostAnswered) {
      reject(tooLarge());
      return 413;
    }
    resolve(body.toString('utf8'));
    return 202;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.startsWith(prefix) ? request.url.slice(prefix.length).split('/') : [];
    if (request.method === 'GET' && path.join('/') === 'invocation/next') {
      waiting = response;
      response.once('close', () => {
        waiting = waiting === response ? undefined : waiting;
      });
      begin();
      handOver();
      return;
    }
    const body = await read(request);
    const [kind, requestId, what] = path;
    let status = 404;
    if (kind === 'init' && requestId === 'error') {
      fail(readError(body));
      status = 202;
    } else if (kind === 'invocation' && (what === 'response' || what === 'error')) {
      status = settle(requestId, what, body);
    }
    response.writeHead(status, { 'content-length': 0 }).end();
    // The process may have asked for the next event before its answer was here.
    handOver();
  };

  // A connection stays: a frozen process could not see it close.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    started,
    call(call) {
      return new Promise((resolve, reject) => {
        queued = { call, resolve, reject };
        handOver();
      });
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function tooLarge(): FunctionError {
  return new FunctionError(
    'Function.ResponseSizeTooLarge',
    `Response payload size exceeded maximum allowed payload size (${mostAnswered} bytes).`,
  );
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function readError(body: Buffer): FunctionError {
  const { errorType, errorMessage }: { errorType?: unknown; errorMessage?: unknown } = JSON.parse(
    body.toString('utf8'),
  );
  return new FunctionError(String(errorType), String(errorMessage));
}
