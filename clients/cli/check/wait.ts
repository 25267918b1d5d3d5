import { KiteAnswerError, KiteApiError, KiteNetworkError } from '../../../core/contract/client/failures.ts';
import type { Surroundings } from '../../../core/contract/client/retrying.ts';
import type { Request } from '../../../core/contract/client/types.ts';
import type { KiteClient } from '../../../core/contract/client.ts';
import type { ReportTaken } from '../../../core/contract/reports.ts';

export type ReportsQuery = NonNullable<Request<'reports.list'>['query']>;

/** Milliseconds between two questions: at first, and at most. */
const firstPause = 1000;
const longestPause = 10_000;
/** Milliseconds that the last question may take beyond the wait. */
const lastAnswer = 5000;
/** Milliseconds after which it is said again that it goes on. */
const silence = 60_000;
const pageSize = 1000;

/**
 * Waits until somebody has reported something of a run. The first question must be answered; after that a server that is
 * away for a while is waited for like the report itself.
 *
 * @param limit milliseconds
 * @returns whether there is a report
 * @throws what the last question failed with, where the time is over; what is no use to ask again at once
 */
export async function waitForReport(
  client: KiteClient,
  query: ReportsQuery,
  limit: number,
  surroundings: Surroundings,
  tell: (line: string) => void,
): Promise<boolean> {
  const { now, sleep, random } = surroundings;
  const end = now() + limit;
  const ask = async (signal?: AbortSignal): Promise<boolean> => {
    const { body } = await client.call(
      'reports.list',
      { query: { ...query, limit: 1 } },
      { ...(signal && { signal }) },
    );
    return body.data.length > 0;
  };
  if (await ask()) return true;
  if (limit > 0) tell(`Waiting ${inWords(limit)} at most for the first report of run ${query.pipelineRun}`);
  let told = now();
  let pause = firstPause;
  for (let left = end - now(); left > 0; left = end - now()) {
    await sleep(Math.min(left, pause * (0.5 + random())));
    pause = Math.min(pause * 1.5, longestPause);
    const signal = AbortSignal.timeout(Math.max(lastAnswer, end - now()));
    try {
      if (await ask(signal)) return true;
    } catch (error) {
      if (!signal.aborted && !mayPass(error)) throw error;
      if (end - now() <= 0) throw signal.aborted ? new KiteNetworkError(client.url, 'timeout', error) : error;
      tell(`Kite does not answer (${error instanceof Error ? error.message : String(error)}); waiting on`);
      told = now();
    }
    if (now() - told >= silence && end > now()) {
      tell(`Still waiting, ${inWords(end - now())} more at most`);
      told = now();
    }
  }
  return false;
}

function mayPass(error: unknown): boolean {
  if (error instanceof KiteNetworkError) return true;
  const isAnswer = error instanceof KiteApiError || error instanceof KiteAnswerError;
  return isAnswer && (error.status === 408 || error.status === 429 || error.status >= 500);
}

/** `1m30s`. */
export function inWords(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return `${minutes === 0 ? '' : `${minutes}m`}${rest === 0 && minutes > 0 ? '' : `${rest}s`}`;
}

/** All that a run reported. */
export async function findReports(client: KiteClient, query: ReportsQuery): Promise<ReportTaken[]> {
  const found: ReportTaken[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await client.call('reports.list', { query: { ...query, limit: pageSize, cursor } });
    found.push(...body.data);
    cursor = body.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}
