import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { LambdaFunction } from './function.ts';
import { FunctionError } from './runtime-api.ts';

/** The two calls of AWS's APIs that `ops` makes: Lambda's Invoke, and FilterLogEvents of CloudWatch Logs. */
export interface InvokeApi {
  readonly url: string;
  /** What is logged of a function, by its name. */
  readonly logs: Map<string, { readonly timestamp: number; readonly message: string }[]>;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const pageSize = 2;

/**
 * Serves functions under the names that they would have on AWS.
 *
 * @param refuse what is answered instead, as AWS answers: an error's name
 */
export async function startInvokeApi(
  functions: ReadonlyMap<string, LambdaFunction>,
  refuse: () => { readonly status: number; readonly name: string } | undefined = () => undefined,
): Promise<InvokeApi> {
  const logs: InvokeApi['logs'] = new Map();
  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const refused = refuse();
    if (refused !== undefined) {
      return failed(refused.status, refused.name, `as ${refused.name} says`);
    }
    const body = await text(request);
    if (request.headers['x-amz-target'] === 'Logs_20140328.FilterLogEvents') {
      return filterLogs(logs, JSON.parse(body));
    }
    const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '')?.[1] ?? '';
    const found = functions.get(decodeURIComponent(name));
    if (found === undefined) {
      return failed(404, 'ResourceNotFoundException', `Function not found: ${name}`);
    }
    try {
      return { status: 200, body: await found.invoke(body) };
    } catch (error) {
      if (!(error instanceof FunctionError)) {
        throw error;
      }
      const { errorType, errorMessage } = error;
      const headers = { 'x-amz-function-error': 'Unhandled' };
      return { status: 200, headers, body: JSON.stringify({ errorType, errorMessage }) };
    }
  };
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    logs,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function failed(status: number, name: string, message: string): Reply {
  return { status, headers: { 'x-amzn-errortype': name }, body: JSON.stringify({ __type: name, message }) };
}

function filterLogs(
  logs: InvokeApi['logs'],
  asked: { readonly logGroupName: string; readonly startTime: number; readonly nextToken?: string },
): Reply {
  const lines = logs.get(asked.logGroupName.replace('/aws/lambda/', ''));
  if (lines === undefined) {
    return failed(400, 'ResourceNotFoundException', 'The specified log group does not exist.');
  }
  const from = Number(asked.nextToken ?? 0);
  const events = lines
    .map((line, index) => ({ ...line, eventId: String(index) }))
    .filter(({ timestamp }) => timestamp >= asked.startTime);
  const isLast = from + pageSize >= events.length;
  const page = {
    events: events.slice(from, from + pageSize),
    ...(!isLast && { nextToken: String(from + pageSize) }),
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(page),
  };
}
