import { KiteApiError, KiteNetworkError } from '../../../core/contract/client/failures.ts';
import type { ReportResult } from '../../../core/contract/reports.ts';
import type { Work } from '../command.ts';
import { Failure, UsageError } from '../failure.ts';
import { isData } from '../output/output.ts';
import { line } from '../output/plain.ts';
import { needNamespace } from '../target/namespace.ts';
import { cutIntoBatches, mostBytes } from './batches.ts';
import { ciJobIn } from './ci.ts';
import { eventIdsOf, runTryOf } from './event-id.ts';
import { readText, reportsIn } from './file.ts';
import { fillerOf, type ReportOptions, reportOf } from './one.ts';
import { readOutcome } from './outcome.ts';
import { asReason } from './reason.ts';

export async function run(work: Work): Promise<void> {
  const options: ReportOptions = work.options;
  const [word, ...more] = work.args;
  if (more.length > 0) throw new UsageError(`one outcome is said at a time, not ${work.args.length}`);
  if (options.file !== undefined) {
    if (word !== undefined) throw new UsageError('each report of a file has its own outcome; leave it out');
    refuseOfOne(options);
    return sendFile(work, options, options.file);
  }
  if (word === undefined) throw new UsageError('did it fail or pass? Say one, or --file for many');
  const outcome = readOutcome(word);
  if (outcome === 'nothing') {
    work.out.note(`It was ${line(word)}: that is neither failing nor passing, and nothing is reported.`);
    if (isData(work.out.format)) await work.out.data(null);
    return;
  }
  await sendOne(work, options, outcome);
}

/** The options that a file takes: what they say holds of all its reports. */
const ofFile = new Set(['file', 'run', 'source', 'cluster', 'attempt']);

/** @throws UsageError that names each option of a single report */
function refuseOfOne(options: ReportOptions): void {
  const flags = Object.keys(options)
    .filter((name) => !ofFile.has(name))
    .map((name) => `--${name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`);
  if (flags.length === 0) return;
  throw new UsageError(
    `${flags.join(', ')}: ${flags.length === 1 ? 'that is' : 'those are'} said of one report; with --file each report says it itself`,
  );
}

/** One namespace: a report belongs to one. */
function oneNamespace(namespace: string): string {
  if (!namespace.includes(',')) return namespace;
  throw new UsageError(`a report is of one namespace, not of ${namespace}`);
}

async function sendOne(work: Work, options: ReportOptions, outcome: 'failing' | 'passing'): Promise<void> {
  const { io, out } = work;
  const namespace = oneNamespace(await needNamespace(await work.target()));
  const text = options.reason === '-' ? await io.readInput() : options.reason;
  const { now, newId } = io.surroundings;
  const about = { namespace, ci: ciJobIn(io.env), now: now(), newId };
  // Made once: the same report however often it is sent.
  const report = reportOf(options, outcome, { ...about, reason: text === undefined ? null : asReason(text) });
  const client = await work.client();
  const { body } = await client.call('reports.apply', { body: { reports: [report] } });
  const [result] = body.results;
  if (result === undefined) throw new Failure('Kite answered without saying what became of the report');
  if (result.error !== undefined) throw new Failure(`Kite does not take the report: ${problemsOf(result)}`);
  if (result.status === 'duplicate') await warnOfOther(work, result, outcome);
  if (isData(out.format)) {
    const { index: _, ...told } = result;
    await out.data({ ...told, eventId: report.eventId });
    return;
  }
  const { resourceType, resourceName } = report.scope;
  await out.text(sentenceOf(result, `${line(resourceType)}/${line(resourceName)} in ${line(namespace)}`));
}

/**
 * Says so where what was sent is a duplicate and the issue is by now in the other state: a run that failed, passed and fails
 * again is one run to Kite as long as nobody tells the tries apart.
 */
async function warnOfOther(
  { io, client }: Work,
  { issueId }: ReportResult,
  outcome: 'failing' | 'passing',
): Promise<void> {
  if (issueId === undefined) return;
  const state = await (await client())
    .call('issues.get', { params: { id: issueId } })
    .then(({ body }) => body.state)
    .catch((error: unknown) => {
      // Who may report need not be allowed to read, and the report itself is with Kite.
      if (error instanceof KiteApiError || error instanceof KiteNetworkError) return null;
      throw error;
    });
  if (state === null || state === (outcome === 'failing' ? 'ACTIVE' : 'RESOLVED')) return;
  io.note(
    `Kite has this report of this run already, so nothing changed, and the issue is ${line(state)}. Was the run tried again? Say --attempt N`,
  );
}

const meanings: Readonly<Record<ReportResult['status'], string>> = {
  opened: 'a new issue',
  reopened: 'it failed before, and fails again',
  updated: 'counted on the issue that is open',
  resolved: 'the issue is closed',
  recorded: 'kept; it does not change the state',
  duplicate: 'Kite has it already; nothing changed',
  stale: 'too old to count; nothing changed',
  rejected: 'not taken',
};

function sentenceOf({ status, issueId }: ReportResult, what: string): string {
  return `${status}: ${what} (${meanings[status]})${issueId === undefined ? '' : `, issue ${line(issueId)}`}`;
}

function problemsOf({ error }: ReportResult): string {
  const details = (error?.details ?? []).map(({ path, message }) =>
    `${path.replace(/^body\.reports\.\d+\.?/, '')} ${message}`.trim(),
  );
  return line(details.length > 0 ? details.join('; ') : (error?.message ?? 'it does not say why'));
}

async function sendFile(work: Work, options: ReportOptions, path: string): Promise<void> {
  const { io, out } = work;
  const namespace = await (await work.target()).namespace();
  const ci = ciJobIn(io.env);
  const { now, newId } = io.surroundings;
  const about = { namespace: namespace === null ? null : oneNamespace(namespace), ci, now: now(), newId };
  const eventId = eventIdsOf(runTryOf(options, ci), newId);
  // Made once: the same reports however often they are sent.
  const reports = reportsIn(await readText(io, path), path).map(fillerOf(options, about, eventId));
  const { batches, tooLarge } = cutIntoBatches(reports);
  const results: ReportResult[] = [];
  const take = (more: readonly ReportResult[]) => {
    for (const result of more) {
      results.push(result);
      if (result.error !== undefined) out.note(`reports[${result.index}] is rejected: ${problemsOf(result)}`);
    }
  };
  take(tooLarge.map(rejectLarge));
  const client = await work.client();
  for (const { first, reports: some } of batches) {
    const { body } = await client
      .call('reports.apply', { body: { reports: [...some] } })
      .catch((error: unknown) => {
        if (first > 0)
          io.note(`Kite has what stands before reports[${first}]; from there on nothing is known.`);
        throw error;
      });
    take(body.results.map((result) => amongAll(result, first)));
    if (batches.length > 1)
      io.note(`${Math.min(first + some.length, reports.length)} of ${reports.length} reports sent`);
  }
  results.sort((one, other) => one.index - other.index);
  if (isData(out.format)) await out.data(results);
  else await out.text(totalsOf(results));
  const rejected = results.filter(({ status }) => status === 'rejected');
  if (rejected.length > 0) {
    throw new Failure(`${rejected.length} of ${count(results.length)} rejected: ${placesOf(rejected)}`);
  }
}

/** A result with its place among all reports, in what it says of itself too. */
function amongAll(result: ReportResult, first: number): ReportResult {
  const { error, ...rest } = result;
  const index = first + result.index;
  if (error === undefined) return { ...rest, index };
  const details = error.details?.map(({ path, message }) => ({
    path: path.replace(/^body\.reports\.\d+/, `body.reports.${index}`),
    message,
  }));
  return { ...rest, index, error: { ...error, ...(details && { details }) } };
}

const count = (reports: number): string => (reports === 1 ? '1 report is' : `${reports} reports are`);

function rejectLarge(index: number): ReportResult {
  const message = `is longer than the ${mostBytes} bytes of a request`;
  return { index, status: 'rejected', error: { code: 'payload_too_large', message, retryable: false } };
}

function totalsOf(results: readonly ReportResult[]): string {
  const totals = new Map<string, number>();
  for (const { status } of results) totals.set(status, (totals.get(status) ?? 0) + 1);
  const parts = Object.keys(meanings).flatMap((status) => {
    const total = totals.get(status);
    return total === undefined ? [] : [`${total} ${status}`];
  });
  return `${results.length} ${results.length === 1 ? 'report' : 'reports'}: ${parts.join(', ')}`;
}

/** Places that are named one by one. */
const mostPlaces = 20;

function placesOf(results: readonly ReportResult[]): string {
  const named = results.slice(0, mostPlaces).map(({ index }) => `reports[${index}]`);
  const rest = results.length - named.length;
  return `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
