import type { Outgoing } from '../../operator/runtime/controller.ts';

export type WebhookName =
  | 'pipeline-failure'
  | 'pipeline-success'
  | 'mintmaker-custom'
  | 'release-failure'
  | 'release-success';

export interface WebhookBody {
  readonly namespace: string;
  readonly observedAt: string;
  readonly subjectCreatedAt: string;
  readonly eventId: string;
  readonly [field: string]: string | readonly string[] | Readonly<Record<string, string>>;
}

/** A report is an entry of `POST /api/v1/reports`, as the operator makes it. */
export type KiteCall =
  | { readonly kind: 'report'; readonly namespace: string; readonly report: Outgoing['report'] }
  | { readonly kind: 'webhook'; readonly webhook: WebhookName; readonly body: WebhookBody };

/** What an object says to Kite, or why it says nothing: then the reason follows the object's name. */
export type Translation = { readonly calls: readonly KiteCall[] } | { readonly skipped: string };

export interface Surroundings {
  /** Where the Konflux console is, without a slash at the end. */
  readonly consoleUrl: string;
}
