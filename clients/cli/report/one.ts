import { UsageError } from '../failure.ts';
import type { When } from '../reading.ts';
import type { CiJob } from './ci.ts';
import { eventIdOf, runTryOf } from './event-id.ts';

/** The options of `kite report` as they were read. */
export interface ReportOptions {
  readonly file?: string;
  readonly pipeline?: string;
  readonly run?: string;
  readonly attempt?: string;
  readonly reason?: string;
  readonly title?: string;
  readonly logUrl?: string;
  readonly severity?: string;
  readonly type?: string;
  readonly resourceType?: string;
  readonly resourceName?: string;
  readonly application?: string;
  readonly component?: string;
  readonly label?: readonly string[];
  readonly observedAt?: When;
  readonly runCreatedAt?: When;
  readonly cluster?: string;
  readonly source?: string;
  readonly eventId?: string;
}

/** What a report is made with beside the options. */
export interface Circumstances {
  readonly namespace: string;
  readonly ci: CiJob | null;
  /** The reason as text; null where none is given. */
  readonly reason: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly newId: () => string;
}

interface Subject {
  readonly resourceType: string;
  readonly resourceName: string;
  readonly issueType: string;
}

/** Who reports where neither a CI nor an option says it. */
const usualSource = 'cli';
/** Characters of a title that the API takes. */
const mostTitle = 500;

/** The report that a command line amounts to. */
export function reportOf(options: ReportOptions, outcome: 'failing' | 'passing', about: Circumstances) {
  const { ci, namespace } = about;
  const subject = subjectOf(options);
  const runTry = runTryOf(options, ci);
  const common = {
    namespace,
    scope: { resourceType: subject.resourceType, resourceName: subject.resourceName },
    issueType: subject.issueType,
    source: options.source ?? ci?.source ?? usualSource,
    eventId: options.eventId ?? eventIdOf(runTry, outcome, about.newId),
    ...(runTry.run !== null && { runId: runTry.run }),
    ...(options.cluster !== undefined && { cluster: options.cluster }),
    ...timesOf(options, about),
    labels: labelsOf(options),
  };
  const logUrl = options.logUrl ?? ci?.logUrl ?? null;
  if (outcome === 'passing') return { outcome, ...common };
  return {
    outcome,
    ...common,
    title: titleOf(options, subject),
    description: descriptionOf(subject, about.reason),
    severity: options.severity ?? 'major',
    links: logUrl === null ? [] : [{ title: 'Log', url: logUrl }],
  };
}

const isPipeline = ({ resourceType }: Subject): boolean => resourceType === 'pipelinerun';

function titleOf(options: ReportOptions, subject: Subject): string {
  const made = isPipeline(subject)
    ? `Pipeline run failed: ${subject.resourceName}`
    : `${capital(subject.issueType)} failed: ${subject.resourceName}`;
  const title = options.title ?? made;
  return title.length <= mostTitle ? title : `${title.slice(0, mostTitle - 1).toWellFormed()}…`;
}

function descriptionOf(subject: Subject, reason: string | null): string {
  const what = isPipeline(subject)
    ? `The pipeline run ${subject.resourceName} failed`
    : `The ${subject.issueType} of ${subject.resourceType} ${subject.resourceName} failed`;
  if (reason === null || reason === '') return `${what}.`;
  return `${what} with reason:${reason.includes('\n') ? '\n' : ' '}${reason}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What it is about: the first of a resource, a pipeline, a component and an application that is named. */
function subjectOf({
  pipeline,
  resourceType,
  resourceName,
  component,
  application,
  type,
}: ReportOptions): Subject {
  if ((resourceType === undefined) !== (resourceName === undefined)) {
    throw new UsageError('--resource-type and --resource-name belong together');
  }
  if (pipeline !== undefined && resourceName !== undefined) {
    throw new UsageError('--pipeline and --resource-name are two things; report each by itself');
  }
  const named: readonly (readonly [string, string | undefined])[] = [
    [resourceType?.toLowerCase() ?? '', resourceName],
    ['pipelinerun', pipeline],
    ['component', component],
    ['application', application],
  ];
  for (const [kind, name] of named) {
    if (name === undefined) continue;
    if (name.trim() === '' || kind.trim() === '') throw new UsageError('what it is about is blank');
    const issueType = type ?? (kind === 'pipelinerun' ? 'pipeline' : null);
    if (issueType === null)
      throw new UsageError(`what of ${kind} ${name}? Say --type build, test or release`);
    return { resourceType: kind, resourceName: name, issueType };
  }
  throw new UsageError(
    'what is it about? Say --pipeline NAME, or --resource-type and --resource-name; or send many with --file',
  );
}

function labelsOf({ label = [], application, component }: ReportOptions): Record<string, string> {
  return {
    ...(application !== undefined && { application }),
    ...(component !== undefined && { component }),
    ...Object.fromEntries(
      label.map((text) => {
        const [name = '', ...value] = text.split('=');
        return [name, value.join('=')];
      }),
    ),
  };
}

function timesOf(options: ReportOptions, { ci, now }: Circumstances): Record<string, string> {
  const moment = ({ at, away }: When): string => at ?? new Date(now - away).toISOString();
  const created = createdAt(options, ci);
  return {
    ...(options.observedAt !== undefined && { observedAt: moment(options.observedAt) }),
    ...(options.runCreatedAt !== undefined
      ? { subjectCreatedAt: moment(options.runCreatedAt) }
      : created !== null && options.observedAt === undefined && { subjectCreatedAt: created }),
  };
}

/** When the CI created the run that is spoken of; null of another run than its own. */
function createdAt({ run }: ReportOptions, ci: CiJob | null): string | null {
  return ci !== null && (run === undefined || run === ci.run) ? ci.createdAt : null;
}

/**
 * Fills in what the reports of a file leave out, as far as it is known for all of them. What is no object stays as it is, for the
 * server to reject.
 */
export function fillerOf(
  options: ReportOptions,
  about: Omit<Circumstances, 'reason' | 'namespace'> & { readonly namespace: string | null },
  eventId: (report: Readonly<Record<string, unknown>>) => string,
): (report: unknown) => unknown {
  const { run } = runTryOf(options, about.ci);
  const created = createdAt(options, about.ci);
  return (report) => {
    if (typeof report !== 'object' || report === null || Array.isArray(report)) return report;
    const given: Readonly<Record<string, unknown>> = { ...report };
    const isMissing = (name: string): boolean => given[name] === undefined || given[name] === null;
    const isDistinct = !isMissing('eventId') || !isMissing('runId');
    return {
      ...given,
      ...(isMissing('namespace') && about.namespace !== null && { namespace: about.namespace }),
      ...(isMissing('source') && { source: options.source ?? about.ci?.source ?? usualSource }),
      ...(isMissing('cluster') && options.cluster !== undefined && { cluster: options.cluster }),
      ...(isMissing('runId') && isMissing('run') && run !== null && { runId: run }),
      ...(isMissing('subjectCreatedAt') &&
        isMissing('observedAt') &&
        created !== null && { subjectCreatedAt: created }),
      ...(!isDistinct && { eventId: eventId(given) }),
    };
  };
}
