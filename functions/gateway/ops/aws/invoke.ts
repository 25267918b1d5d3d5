import * as z from 'zod/mini';
import type { Place } from './arguments.ts';
import { clientConfig, explain, loadAws } from './client.ts';

const failure = z.object({ errorType: z.optional(z.string()), errorMessage: z.optional(z.string()) });
const answer = z.object({ statusCode: z.int(), body: z.optional(z.string()) });
const migrated = z.object({ applied: z.array(z.string()), check: z.boolean() });

/**
 * Invokes a function once, and waits for its answer.
 *
 * @returns the answer, JSON
 * @throws Error whose message says why there is none
 */
export async function invoke(place: Place, functionName: string, payload: string): Promise<string> {
  const { InvokeCommand, LambdaClient } = await loadAws(() => import('@aws-sdk/client-lambda'));
  const client = new LambdaClient(clientConfig(place));
  const result = await client
    .send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(payload) }))
    .catch((error: unknown) => {
      throw new Error(explain(error, functionName, place), { cause: error });
    })
    .finally(() => client.destroy());
  const text = Buffer.from(result.Payload ?? []).toString('utf8');
  if (result.FunctionError !== undefined) {
    throw new Error(`${functionName} failed: ${reasonOf(text)}`);
  }
  return text;
}

/** The status and the body that an operation answered with. */
export function readAnswer(text: string): { readonly status: number; readonly body: string } {
  const read = answer.safeParse(parse(text));
  if (!read.success) {
    throw new Error(`This is no answer of an operation: ${text.slice(0, 200)}`);
  }
  return { status: read.data.statusCode, body: read.data.body ?? '' };
}

/** The migrations that were applied, or would be, in words. */
export function tellMigrations(text: string): string {
  const read = migrated.safeParse(parse(text));
  if (!read.success) {
    throw new Error(`This is no answer of the migration: ${text.slice(0, 200)}`);
  }
  const { applied, check } = read.data;
  if (applied.length === 0) {
    return 'The database is up to date.\n';
  }
  return `${check ? 'Would be applied' : 'Applied'}:\n${applied.map((name) => `  ${name}\n`).join('')}`;
}

function reasonOf(text: string): string {
  const read = failure.safeParse(parse(text));
  const { errorType = '', errorMessage = '' } = read.data ?? {};
  // Lambda's own errors carry the request id in their message, a plain Error says nothing by its type.
  return (
    [errorType === 'Error' ? '' : errorType, errorMessage].filter((part) => part !== '').join(': ') || text
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
