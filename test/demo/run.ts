import type { Issue } from '../../core/contract/issue.ts';
import { type DemoApi, demoApi } from './api.ts';
import type { KiteCall } from './calls.ts';
import { differences } from './expected.ts';
import { type DemoInput, readDemoInput, readExpected } from './fixtures.ts';
import { scramble } from './scramble.ts';
import { counted, type Screen, showIssues, showSummary, showTimeline } from './show.ts';
import { span } from './table.ts';

/** How old the newest fixture is made to look, in milliseconds. */
const freshness = 5 * 60_000;
const batchSize = 10;

export interface DemoOptions {
  readonly url: string;
  readonly out: (line: string) => void;
  /** Decides the order of the calls, and nothing else. */
  readonly seed?: number;
  /** Milliseconds since 1970. */
  readonly now?: number;
  readonly width?: number;
  readonly colour?: boolean;
}

export interface DemoResult {
  readonly issues: readonly Issue[];
  /** How the issues differ from `test/fixtures/expected.json`; empty when they agree. */
  readonly differences: readonly string[];
}

/** Sends what the fixtures say, scrambled and partly twice, and shows what the server makes of it. Throws when a call fails. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { url, out, seed = 1, now = Date.now(), width = 120, colour = false } = options;
  const screen: Screen = { out, width, colour };
  const api = demoApi(url);
  const input = await readDemoInput({ consoleUrl: 'https://console.konflux.example' }, now - freshness);
  showInput(screen, input, url);

  const scrambled = scramble(input.calls, seed);
  const statuses = await send(api, scrambled);
  const webhooks = scrambled.filter((call) => call.kind === 'webhook').length;
  out('');
  out(`Sent in a scrambled order (seed ${seed}), ${scrambled.length - input.calls.length} of them twice:`);
  out(`  ${scrambled.length - webhooks} reports in batches: ${counted(statuses)}`);
  out(`  ${webhooks} webhook calls`);

  const namespaces = [...new Set(input.calls.map(namespaceOf))].sort();
  const issues: Issue[] = [];
  for (const namespace of namespaces) {
    const found = await api.issues(namespace);
    issues.push(...found);
    showIssues(screen, namespace, found, now);
    showSummary(screen, await api.summary(namespace));
  }
  const [interesting] = issues.toSorted((a, b) => b.reopened - a.reopened || b.occurrences - a.occurrences);
  if (interesting !== undefined) {
    showTimeline(screen, interesting, await api.events(interesting));
  }
  return { issues, differences: differences(await readExpected(), issues) };
}

function showInput({ out }: Screen, input: DemoInput, url: string): void {
  out(
    `${input.pipelineRuns} PipelineRuns, ${input.releases} Releases and ${input.renovateRuns} runs of Renovate, for ${url}`,
  );
  out(`All times are moved by the same ${span(input.offset)}, so that the newest is ${span(freshness)} old.`);
  out('');
  out(`Not reported, and why (${input.skipped.length}):`);
  for (const { name, reason } of input.skipped) {
    out(`  ${name} ${reason}`);
  }
}

/** Sends one call after the other; reports that follow each other directly go together. Counts what became of reports. */
async function send(api: DemoApi, calls: readonly KiteCall[]): Promise<Readonly<Record<string, number>>> {
  const statuses: Record<string, number> = {};
  for (let next = 0; next < calls.length; ) {
    const call = calls[next];
    if (call?.kind === 'webhook') {
      await api.webhook(call.webhook, call.body);
      next += 1;
      continue;
    }
    const rest = calls.slice(next, next + batchSize);
    const end = rest.findIndex(({ kind }) => kind === 'webhook');
    const batch = (end === -1 ? rest : rest.slice(0, end)).flatMap((one) =>
      one.kind === 'report' ? [one.report] : [],
    );
    for (const status of await api.report(batch)) {
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    next += batch.length;
  }
  return statuses;
}

function namespaceOf(call: KiteCall): string {
  return call.kind === 'report' ? call.namespace : call.body.namespace;
}
