import type { Reporting } from '../../core/contract/to-report.ts';
import type { Report } from '../../core/domain/report.ts';
import { KiteError } from '../../core/errors.ts';
import type { Applied } from '../../db/reports/apply.ts';
import type { WebhookName } from '../config.ts';
import type { Asking } from './access/questions.ts';
import { permitReport, showIssue } from './access.ts';
import { applyMessage, reportingOf } from './reporting.ts';
import type { Runtime } from './runtime.ts';

type WebhookRequest = Asking & {
  readonly idempotencyKey: string | null;
};

/** What a webhook is defined with: switched off, it is not there, whatever is sent. */
export function switchable(name: WebhookName): { readonly requireOn: (runtime: Runtime) => void } {
  return {
    requireOn({ config }) {
      if (config.webhooksDisabled.has(name)) {
        throw new KiteError('webhook_disabled', {
          message: `The webhook ${name} is switched off on this server (KITE_WEBHOOKS_DISABLED).`,
        });
      }
    },
  };
}

async function receive(
  request: WebhookRequest,
  runtime: Runtime,
  translate: (reporting: Reporting) => Report,
): Promise<{ readonly applied: Applied | undefined; readonly mayRead: boolean }> {
  const report = translate(reportingOf(request, runtime));
  const mayRead = await permitReport(runtime, request, report.identity);
  const [applied] = await applyMessage(runtime, request, [report]);
  return { applied, mayRead };
}

/**
 * A webhook that says that something failed is answered with the issue as it is now, where its sender may see that:
 * others have written on it too.
 */
export async function failed(
  request: WebhookRequest,
  runtime: Runtime,
  translate: (reporting: Reporting) => Report,
) {
  const { applied, mayRead } = await receive(request, runtime, translate);
  const issue = mayRead && applied?.issue ? await showIssue(runtime, request, applied.issue) : null;
  return { status: 201, body: { status: 'success', issue } } as const;
}

/** A webhook that says that something passed is answered with how many active issues that resolved. */
export async function passed(
  request: WebhookRequest,
  runtime: Runtime,
  translate: (reporting: Reporting) => Report,
  subject: string,
) {
  const { applied } = await receive(request, runtime, translate);
  const resolved = applied?.effect === 'resolved' ? 1 : 0;
  return {
    status: 200,
    body: { status: 'success', message: `Resolved ${resolved} issue(s) for ${subject}` },
  } as const;
}
