import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { type OperationId, operations } from '../../core/contract/operations.ts';
import type { Config } from '../../functions/config.ts';
import { startGateway } from '../../functions/gateway/server.ts';
import type { LambdaHandler } from '../../functions/http/handler.ts';
import type { Log } from '../../functions/http/log.ts';
import type { FunctionSettings, Surroundings } from './environment.ts';
import { type LambdaFunction, lambdaFunction } from './function.ts';

export interface FrontOptions extends Surroundings {
  readonly settings: (operation: OperationId) => FunctionSettings;
  /** The API key that the front shows for everybody, where the server is open: functions serve nobody unasked. */
  readonly key?: string;
  readonly config: Config;
  readonly log: Log;
}

/** The API as API Gateway and Lambda run it: a function for each operation of the table. */
export interface Front {
  readonly url: string;
  readonly functions: ReadonlyMap<OperationId, LambdaFunction>;
  close(): Promise<void>;
}

/** Makes the events of API Gateway of what comes over HTTP, and gives each to its operation's function. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { key, config, log } = options;
  const functions = new Map<OperationId, LambdaFunction>();
  const handlers = new Map<OperationId, LambdaHandler>();
  for (const operation of Object.keys(operations) as OperationId[]) {
    const deployed = lambdaFunction(options.settings(operation), options);
    functions.set(operation, deployed);
    handlers.set(operation, async (event): Promise<APIGatewayProxyResult> => {
      const sent = key === undefined ? event : withKey(event, key);
      return JSON.parse(await deployed.invoke(JSON.stringify(sent)));
    });
  }
  const gateway = await startGateway({ handlers, config, log, isOpen: key !== undefined });
  return {
    url: gateway.url,
    functions,
    async close() {
      await gateway.close();
      await Promise.all([...functions.values()].map((deployed) => deployed.stop()));
    },
  };
}

/** Whatever else was sent: an open server asks for nothing, so it reads none of it. */
function withKey(event: APIGatewayProxyEvent, key: string): APIGatewayProxyEvent {
  const isOther = ([name]: readonly [string, unknown]) => !/^(authorization|impersonate-.*)$/i.test(name);
  const authorization = `Bearer ${key}`;
  return {
    ...event,
    headers: { ...Object.fromEntries(Object.entries(event.headers).filter(isOther)), authorization },
    multiValueHeaders: {
      ...Object.fromEntries(Object.entries(event.multiValueHeaders).filter(isOther)),
      authorization: [authorization],
    },
  };
}
