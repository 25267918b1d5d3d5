import type { Issue } from '../../../core/contract/issue.ts';
import type { Work } from '../command.ts';
import { exitCodes, Failure, UsageError } from '../failure.ts';
import { issueColumns } from '../issues/columns.ts';
import { type FilterValues, type ListQuery, queryOf } from '../issues/filters.ts';
import { findIssues } from '../issues/pages.ts';
import { line } from '../output/plain.ts';
import type { Column } from '../output/table.ts';
import { isUnknown, passedOf, sentenceOf, type Verdict } from './verdict.ts';
import { findReports, inWords, type ReportsQuery, waitForReport } from './wait.ts';

interface CheckOptions extends FilterValues {
  /** Milliseconds. */
  readonly wait?: number;
}

export async function run(work: Work): Promise<number> {
  const options: CheckOptions = work.options;
  const { pipelineRun, wait } = options;
  const subject = subjectOf(options);
  if (wait !== undefined && pipelineRun === undefined) {
    throw new UsageError('--wait waits for the first report of a run; say --pipeline-run as well');
  }
  const { query, isSeveral, where } = await queryOf(work, { ...options, state: ['ACTIVE'] });
  const asked =
    pipelineRun === undefined ? null : { namespace: query.namespace, cluster: query.cluster, pipelineRun };
  let found: Found;
  try {
    found = await find(work, query, asked, wait ?? 0);
  } catch (error) {
    const trouble = work.explain(error);
    await print(work, { subject, where, issues: [], reports: null, trouble }, isSeveral);
    throw error;
  }
  const { issues } = found;
  const verdict: Verdict = { subject, where, ...found, trouble: null };
  await print(work, verdict, isSeveral);
  if (isUnknown(verdict)) {
    const waited = wait === undefined ? '' : ` within ${inWords(wait)}`;
    const advice = wait === undefined ? '. --wait 5m waits for the first report' : '';
    throw new Failure(
      `nothing has been reported of ${subject} in ${where}${waited}, so it is not known whether it passed${advice}`,
    );
  }
  return issues.length > 0 ? exitCodes.found : exitCodes.done;
}

type Found = Pick<Verdict, 'issues' | 'reports'>;

/** @param asked for the reports of a run; null where no run is asked about */
async function find(work: Work, query: ListQuery, asked: ReportsQuery | null, wait: number): Promise<Found> {
  const client = await work.client();
  const isReported =
    asked === null ||
    (await waitForReport(client, asked, wait, work.io.surroundings, (text) => work.io.note(line(text))));
  const reports = asked === null ? null : isReported ? await findReports(client, asked) : [];
  const issues: Issue[] = [];
  if (isReported) {
    for await (const page of findIssues(client, query, 0).pages) issues.push(...page);
  }
  return { issues, reports };
}

function subjectOf(options: CheckOptions): string {
  const { pipelineRun, application, component, resourceName, resourceType } = options;
  const parts = [
    pipelineRun !== undefined && `run ${pipelineRun}`,
    application !== undefined && `application ${application}`,
    component !== undefined && `component ${component}`,
    resourceName !== undefined && `${resourceType ?? 'resource'} ${resourceName}`,
  ].filter((part) => part !== false);
  if (parts.length === 0) {
    throw new UsageError('check what? Say --pipeline-run, --application, --component or --resource-name');
  }
  if (Object.values(options).some((value) => value === '')) {
    throw new UsageError('an empty name checks nothing; is a variable of the job not set?');
  }
  return parts.join(', ');
}

async function print(work: Work, verdict: Verdict, isSeveral: boolean): Promise<void> {
  const { out, io } = work;
  const { issues } = verdict;
  if (out.format === 'junit') {
    const { junitOf } = await import('./junit.ts');
    await out.text(junitOf(verdict));
  } else if (out.format === 'markdown') {
    const { markdownOf } = await import('./markdown.ts');
    await out.text(markdownOf(verdict));
  } else if (!isUnknown(verdict)) {
    const columns = issueColumns(out.styles, io.surroundings.now(), {
      namespace: isSeveral,
      state: false,
    });
    await out.list(inOne(issues), [...columns, evidence]);
    const passed = passedOf(verdict).length;
    const rest = verdict.reports === null ? '' : `; ${passed} reported as passing`;
    out.note(`${line(sentenceOf(verdict))} in ${line(verdict.where)}${rest}.`);
  }
}

const evidence: Column<Issue> = {
  title: 'EVIDENCE',
  text: ({ links }) => line(links.find(({ url }) => /^https?:\/\//i.test(url))?.url ?? '-'),
  drop: 0,
};

async function* inOne<Row>(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  yield rows;
}
