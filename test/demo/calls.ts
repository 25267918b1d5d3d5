export type Severity = 'info' | 'minor' | 'major' | 'critical';

/** One entry of `POST /api/v1/reports`. */
export interface DemoReport {
  readonly cluster?: string;
  readonly namespace: string;
  readonly scope: { readonly resourceType: string; readonly resourceName: string };
  readonly issueType: 'build' | 'pipeline';
  readonly outcome: 'failing' | 'passing';
  readonly observedAt: string;
  readonly subjectCreatedAt: string;
  readonly source: string;
  readonly eventId: string;
  readonly run: { readonly name: string; readonly uid?: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly title?: string;
  readonly description?: string;
  readonly severity?: Severity;
  readonly links?: readonly { readonly title: string; readonly url: string }[];
}

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

export type KiteCall =
  | { readonly kind: 'report'; readonly report: DemoReport }
  | { readonly kind: 'webhook'; readonly webhook: WebhookName; readonly body: WebhookBody };

/** What an object says to Kite, or why it says nothing: then the reason follows the object's name. */
export type Translation = { readonly calls: readonly KiteCall[] } | { readonly skipped: string };

export interface Surroundings {
  /** Where the Konflux console is, without a slash at the end. */
  readonly consoleUrl: string;
  /** The cluster that reports name; absent: the server's own. */
  readonly cluster?: string;
}
