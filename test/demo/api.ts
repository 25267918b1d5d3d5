import { eventPage, type Issue, type IssueEvent } from '../../core/contract/issue.ts';
import { issuePage, type Summary, summary } from '../../core/contract/list.ts';
import { reportsAnswer } from '../../core/contract/reports.ts';
import type { ReportStatus } from '../../core/domain/report.ts';
import type { Outgoing } from '../../operator/runtime/controller.ts';
import type { WebhookBody, WebhookName } from './calls.ts';

const patience = 30_000;

/** The server as the demo sees it; every method throws, naming the call, when the answer is not a success. */
export interface DemoApi {
  report(reports: readonly Outgoing['report'][]): Promise<readonly ReportStatus[]>;
  webhook(name: WebhookName, body: WebhookBody): Promise<void>;
  issues(namespace: string): Promise<readonly Issue[]>;
  summary(namespace: string): Promise<Summary>;
  events(issue: Issue): Promise<readonly IssueEvent[]>;
}

/** @param url the server's address, with or without the path `/api/v1` and a slash at the end */
export function demoApi(url: string): DemoApi {
  const base = `${url.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}/api/v1`;
  const get = (path: string): Promise<unknown> => ask('GET', base + path);
  const post = (path: string, body: unknown): Promise<unknown> => ask('POST', base + path, body);
  return {
    async report(reports) {
      const { results } = reportsAnswer.parse(await post('/reports', { reports }));
      const rejected = results.find((result) => result.status === 'rejected');
      if (rejected !== undefined || results.length !== reports.length) {
        throw new Error(
          `POST /reports took ${results.length} of ${reports.length} reports: ${JSON.stringify(rejected)}`,
        );
      }
      return results.map((result) => result.status);
    },
    async webhook(name, body) {
      await post(`/webhooks/${name}?namespace=${encodeURIComponent(body.namespace)}`, body);
    },
    async issues(namespace) {
      const found: Issue[] = [];
      for (;;) {
        const query = new URLSearchParams({ namespace, limit: '50', offset: String(found.length) });
        const page = issuePage.parse(await get(`/issues?${query}`));
        found.push(...page.data);
        if (page.data.length === 0 || found.length >= page.total) {
          return found;
        }
      }
    },
    async summary(namespace) {
      return summary.parse(await get(`/issues/summary?${new URLSearchParams({ namespace })}`));
    },
    async events(issue) {
      const found: IssueEvent[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query = new URLSearchParams({ namespace: issue.namespace, ...(cursor !== '' && { cursor }) });
        const page = eventPage.parse(await get(`/issues/${issue.id}/events?${query}`));
        found.push(...page.data);
        cursor = page.nextCursor;
      }
      return found;
    },
  };
}

async function ask(method: 'GET' | 'POST', url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(patience),
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Error(`${method} ${url} got no answer: ${reasonOf(cause)}`, { cause });
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 500)}`);
  }
  return JSON.parse(text);
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) {
    return String(cause);
  }
  return cause.cause instanceof Error ? cause.cause.message || cause.message : cause.message;
}
