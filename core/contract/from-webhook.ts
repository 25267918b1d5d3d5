import type * as z from 'zod/mini';
import type { Failure, Link, Report, Severity } from '../domain/report.ts';
import { limits, url } from './fields.ts';
import { type Reporting, toReport } from './to-report.ts';
import type {
  mintmakerBody,
  pipelineFailureBody,
  pipelineSuccessBody,
  releaseFailureBody,
  releaseSuccessBody,
} from './webhooks.ts';

/** Where a run's log is, when the message does not say. */
export type LogsUrl = (namespace: string, run: string) => string | null;

const cutNote = '\n… (cut)';

/** As much of a text as an issue keeps; never half a character. */
function cut(text: string): string {
  if (Buffer.byteLength(text) <= limits.description) {
    return text;
  }
  const bytes = Buffer.from(text, 'utf8');
  const room = limits.description - Buffer.byteLength(cutNote);
  const kept = new TextDecoder('utf-8').decode(bytes.subarray(0, room), { stream: true });
  return kept + cutNote;
}

/** A title of a name that may be as long as a title itself. */
function title(text: string): string {
  return text.length <= limits.title ? text : `${text.slice(0, limits.title - 1).toWellFormed()}…`;
}

/**
 * The link to a log. An address that is no http URL cannot be a link; it is told in the description, so
 * that nothing is lost.
 */
function logLink(name: string, address: string | null | undefined): { links: Link[]; note: string } {
  if (!address) {
    return { links: [], note: '' };
  }
  return url.safeParse(address).success
    ? { links: [{ title: name, url: address }], note: '' }
    : { links: [], note: `\nLogs: ${address}` };
}

function failure(
  head: string,
  description: string,
  severity: Severity,
  links: Link[],
  dueAt: number | null | undefined,
): Failure {
  return { title: title(head), description: cut(description), severity, links, dueAt: dueAt ?? null };
}

const own = (namespace: string, resourceType: string, resourceName: string) => ({
  namespace,
  scope: { resourceType, resourceName, resourceNamespace: namespace },
});

export function fromPipelineFailure(
  body: z.output<typeof pipelineFailureBody>,
  reporting: Reporting,
  logsUrl: LogsUrl,
): Report {
  const address = body.logsUrl || (body.runId ? logsUrl(body.namespace, body.runId) : null);
  const log = logLink('Pipeline Run Logs', address);
  const { pipelineName, failureReason } = body;
  return toReport(
    {
      ...own(body.namespace, 'pipelinerun', pipelineName),
      issueType: 'pipeline',
      source: 'webhook/pipeline-failure',
      outcome: 'failing',
      failure: failure(
        `Pipeline run failed: ${pipelineName}`,
        `The pipeline run ${pipelineName} failed with reason: ${failureReason}${log.note}`,
        body.severity ?? 'major',
        log.links,
        body.dueAt,
      ),
    },
    body,
    reporting,
  );
}

export function fromPipelineSuccess(
  body: z.output<typeof pipelineSuccessBody>,
  reporting: Reporting,
): Report {
  return toReport(
    {
      ...own(body.namespace, 'pipelinerun', body.pipelineName),
      issueType: 'pipeline',
      source: 'webhook/pipeline-success',
      outcome: 'passing',
      failure: null,
    },
    body,
    reporting,
  );
}

const mintmakerSeverity = { error: 'major', warning: 'minor', info: 'info' } as const;
const mintmakerLinks: Link[] = [
  { title: 'MintMaker documentation', url: 'https://konflux-ci.dev/docs/mintmaker/user/' },
  { title: 'Renovate documentation', url: 'https://docs.renovatebot.com/' },
];

export function fromMintmaker(body: z.output<typeof mintmakerBody>, reporting: Reporting): Report {
  const { type, logs, pipelineId } = body;
  return toReport(
    {
      ...own(body.namespace, `mintmaker-${type}`, pipelineId),
      issueType: 'dependency',
      source: 'webhook/mintmaker-custom',
      outcome: 'failing',
      failure: failure(
        `Mintmaker ${type}(${logs.length}): ${pipelineId}`,
        logs.join('\n----------\n'),
        mintmakerSeverity[type],
        mintmakerLinks,
        body.dueAt,
      ),
      labels: { origin: 'mintmaker' },
    },
    body,
    reporting,
  );
}

/** A release plan's own issue where the plan is named; else the application's. */
function releaseSubject(body: {
  namespace: string;
  application: string;
  releasePlan?: string | null | undefined;
}) {
  return body.releasePlan
    ? { ...own(body.namespace, 'releaseplan', body.releasePlan), labels: { application: body.application } }
    : { ...own(body.namespace, 'application', body.application), labels: { application: body.application } };
}

export function fromReleaseFailure(body: z.output<typeof releaseFailureBody>, reporting: Reporting): Report {
  const { application, release, failurePhase, pipelineRunUrl } = body;
  const log = logLink('Release Pipeline Run Logs', pipelineRunUrl);
  const where = log.links.length > 0 ? `. Link to logs: ${pipelineRunUrl}` : log.note;
  return toReport(
    {
      ...releaseSubject(body),
      issueType: 'release',
      source: 'webhook/release-failure',
      outcome: 'failing',
      failure: failure(
        `Release ${release} failed for application ${application}`,
        `The release failed in phase: ${failurePhase}${where}`,
        body.severity ?? 'major',
        log.links,
        body.dueAt,
      ),
    },
    body,
    reporting,
  );
}

export function fromReleaseSuccess(body: z.output<typeof releaseSuccessBody>, reporting: Reporting): Report {
  return toReport(
    {
      ...releaseSubject(body),
      issueType: 'release',
      source: 'webhook/release-success',
      outcome: 'passing',
      failure: null,
    },
    body,
    reporting,
  );
}
