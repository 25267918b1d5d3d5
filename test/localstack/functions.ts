import {
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { clientOptions } from './invoke.ts';

/** What tests look at and change of the deployed functions. */
export interface Functions {
  environmentOf(name: string): Promise<Readonly<Record<string, string>>>;
  /** Runs `work` while the function has these variables beside its own; it then has its own again. */
  withEnvironment(
    name: string,
    change: Readonly<Record<string, string>>,
    work: () => Promise<void>,
  ): Promise<void>;
  /** The name of the queue that gets the events at which the function failed. */
  deadLettersOf(name: string): Promise<string>;
  close(): void;
}

/** @param endpoint LocalStack's address */
export function functionsAt(endpoint: string): Functions {
  const client = new LambdaClient(clientOptions(endpoint));
  const environmentOf = async (name: string): Promise<Readonly<Record<string, string>>> => {
    const found = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    return found.Environment?.Variables ?? {};
  };
  const setEnvironment = async (name: string, variables: Readonly<Record<string, string>>): Promise<void> => {
    const Environment = { Variables: { ...variables } };
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment }));
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName: name });
  };
  return {
    environmentOf,
    async withEnvironment(name, change, work) {
      const own = await environmentOf(name);
      await setEnvironment(name, { ...own, ...change });
      try {
        await work();
      } finally {
        await setEnvironment(name, own);
      }
    },
    async deadLettersOf(name) {
      const found = await client.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: name }));
      return found.DestinationConfig?.OnFailure?.Destination?.split(':').at(-1) ?? '';
    },
    close: () => client.destroy(),
  };
}
