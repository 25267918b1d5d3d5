import * as z from 'zod/mini';
import { type Asked, ask, type Told, Unanswered } from './ask.ts';

export interface SmokeOptions extends Asked {
  /** Nobody else's: what is made there is deleted. */
  readonly namespace: string;
  /** Undefined: the one that the server stands for. */
  readonly cluster: string | undefined;
  /** A name that was never used. */
  readonly name: string;
  /** Milliseconds that pass. */
  readonly elapsed: () => number;
  readonly write: (line: string) => void;
}

const health = z.object({ status: z.literal('UP') });
const version = z.object({ version: z.string() });
const reported = z.object({
  results: z.array(z.object({ status: z.string(), issueId: z.optional(z.string()) })),
});
const issue = z.object({ id: z.string(), state: z.string(), occurrences: z.int() });
const refusal = z.object({ code: z.string(), message: z.string() });

/**
 * Goes the way of one issue, a line for each step; what it made is deleted, also when a step fails.
 *
 * @returns whether all steps went well
 */
export async function smoke(options: SmokeOptions): Promise<boolean> {
  const { namespace, cluster, name, elapsed, write } = options;
  const place = {
    ...{ namespace, issueType: 'test', ...(cluster !== undefined && { cluster }) },
    ...{ scope: { resourceType: 'smoke', resourceName: name }, source: 'smoke' },
  };
  let made: string | undefined;

  const step = async (what: string, work: () => Promise<string>): Promise<void> => {
    const began = elapsed();
    const line = (mark: string, end: string) =>
      write(`${mark} ${what.padEnd(34)} ${String(Math.round(elapsed() - began)).padStart(6)} ms  ${end}\n`);
    try {
      line('ok', await work());
    } catch (error) {
      line('NO', error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  const report = async (fields: object): Promise<{ readonly status: string; readonly id: string }> => {
    const told = await ask(options, 'POST', '/reports', { reports: [{ ...place, ...fields }] });
    const { results } = expected(told, 200, reported);
    const [{ status, issueId = '' } = { status: 'no result' }] = results;
    return { status, id: issueId };
  };
  const readsAs = async (state: string): Promise<string> => {
    const read = expected(await ask(options, 'GET', `/issues/${made}`), 200, issue);
    if (read.state !== state || read.occurrences !== 1) {
      throw new Unanswered(`it is ${read.state} with ${read.occurrences} occurrences`);
    }
    return `${read.state}`;
  };

  try {
    await step('health', async () => expected(await ask(options, 'GET', '/health'), 200, health).status);
    await step('version', async () => expected(await ask(options, 'GET', '/version'), 200, version).version);
    await step(`a failing report in ${namespace}`, async () => {
      const title = 'A smoke test of Kite: it is deleted at once';
      const told = await report({ outcome: 'failing', severity: 'info', title, description: title });
      made = told.id === '' ? undefined : told.id;
      return is(told.status, 'opened', `issue ${told.id}`);
    });
    await step('it reads as ACTIVE', () => readsAs('ACTIVE'));
    await step('a passing report', async () => is((await report({ outcome: 'passing' })).status, 'resolved'));
    await step('it reads as RESOLVED', () => readsAs('RESOLVED'));
    await step('it is deleted', async () => {
      expected(await ask(options, 'DELETE', `/issues/${made}`), 204, z.unknown());
      return '';
    });
    await step('it is gone', async () => {
      const { status } = await ask(options, 'GET', `/issues/${made}`);
      if (status !== 404) throw new Unanswered(`it is still answered, with ${status}`);
      made = undefined;
      return '404';
    });
    return true;
  } catch {
    // Told by its step.
    if (made !== undefined) {
      const id = made;
      await step('what was made is deleted', async () => {
        const { status } = await ask(options, 'DELETE', `/issues/${id}`);
        if (status !== 204 && status !== 404) throw new Unanswered(`${status}: delete ${id} by hand`);
        return '';
      }).catch(() => undefined);
    }
    return false;
  }
}

function is(status: string, wanted: string, words = ''): string {
  if (status !== wanted) {
    throw new Unanswered(`its report was ${status}, not ${wanted}`);
  }
  return words === '' ? status : words;
}

function expected<T extends z.ZodMiniType>({ status, body }: Told, wanted: number, form: T): z.output<T> {
  if (status !== wanted) {
    throw new Unanswered(refused(status, body));
  }
  const read = form.safeParse(body);
  if (!read.success) {
    throw new Unanswered(
      `${status}, with a body that is none of Kite’s: ${JSON.stringify(body).slice(0, 120)}`,
    );
  }
  return read.data;
}

function refused(status: number, body: unknown): string {
  const read = refusal.safeParse(body);
  if (!read.success) {
    return `${status}, not in Kite’s words: is --url the API’s own address, and on AWS with its stage?`;
  }
  const { code, message } = read.data;
  const advice: Readonly<Record<number, string>> = {
    401: ' Give a token or an API key in KITE_TOKEN or by --token-file; npm run ops -- keys create makes a key.',
    403: ' The caller needs read, report and act in the namespace; --namespace names one where it has them.',
    404: ' Is --url the API’s own address, and on AWS with its stage?',
  };
  return `${status} ${code}: ${message}${advice[status] ?? ''}`;
}
