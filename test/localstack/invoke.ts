import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

/** What a function answered when it was invoked by its name. */
export interface Invoked {
  /** Whether it failed: `payload` is then `{ errorType, errorMessage }`. */
  readonly failed: boolean;
  readonly payload: unknown;
}

/** Invokes a function, as long as it takes, and once. */
export async function invoke(endpoint: string, name: string, payload: unknown = {}): Promise<Invoked> {
  const client = new LambdaClient({ ...clientOptions(endpoint), maxAttempts: 1 });
  try {
    const answer = await client.send(
      new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)) }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString();
    return {
      failed: answer.FunctionError !== undefined,
      payload: text === '' ? null : (JSON.parse(text) as unknown),
    };
  } finally {
    client.destroy();
  }
}

/** Has a function called later, as a rule does: nobody waits for its answer. */
export async function invokeLater(endpoint: string, name: string): Promise<void> {
  const client = new LambdaClient(clientOptions(endpoint));
  try {
    await client.send(new InvokeCommand({ FunctionName: name, InvocationType: 'Event' }));
  } finally {
    client.destroy();
  }
}

/** What a client of the SDK needs to speak to LocalStack, whatever the user's own settings are. */
export function clientOptions(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}
