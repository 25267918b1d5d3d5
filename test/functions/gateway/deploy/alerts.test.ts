import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMetrics } from '../../../../functions/gateway/metrics.ts';
import { DEPLOY, readManifests } from './manifests.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

const [rule] = readManifests('components/monitoring/prometheusrule.yaml');
const alerts: readonly Alert[] = rule?.spec.groups.flatMap(({ rules }: { rules: Alert[] }) => rules);
const runbook = readFileSync(join(DEPLOY, '../../../docs/runbook.md'), 'utf8');
const sections = new Map(
  runbook
    .split(/^## /m)
    .filter((text) => text.startsWith('KiteGateway'))
    .map((text) => [text.split('\n')[0] ?? '', text]),
);

/** Names and labels of all metrics, after something of everything was counted. */
async function known(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const metrics = createMetrics(
    { version: '1', node: '22' },
    { maxInFlight: 1, databaseConnections: 1 },
    () => 0,
  );
  metrics.answered({ operation: 'issues.list', method: 'GET', status: 200, seconds: 0.1 });
  metrics.reported('reports.apply', { opened: 1 });
  metrics.upkept('history', true);
  metrics.attach({
    inFlight: () => 0,
    pool: () => ({ idle: 0, busy: 0, connecting: 0, waiting: 0 }),
    database: async () => ({ open: 1, idle: 0, most: 100 }),
    isReady: async () => true,
  });
  const found = new Map<string, Set<string>>();
  for (const line of (await metrics.text()).text.split('\n')) {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label);
    found.set(name, new Set([...(found.get(name) ?? []), ...names]));
  }
  return found;
}

const namesIn = (text: string) =>
  [...text.matchAll(/\b(?:kite_(?!operator_)|nodejs_|process_)\w+/g)].map(([name]) => name);

test('each alert has a section in the runbook, to which it leads, and the other way round', () => {
  expect([...sections.keys()]).toEqual(alerts.map(({ alert }) => alert));
  for (const { alert, annotations } of alerts) {
    expect(annotations.runbook_url).toMatch(
      new RegExp(`^https://.*/docs/runbook\\.md#${alert.toLowerCase()}$`),
    );
  }
});

test.each([...sections])('the section %s says what it means, how to see more and what to do', (_, text) => {
  expect([...text.matchAll(/^\*\*(\w+)\*\*/gm)].map(([, word]) => word)).toEqual(['Means', 'See', 'Do']);
});

test.each(alerts.map((alert) => [alert.alert, alert] as const))(
  '%s asks for metrics that there are',
  async (_, { expr, annotations, labels }) => {
    const metrics = await known();
    const asked = namesIn(expr);
    expect(asked.length).toBeGreaterThan(0);
    expect([...metrics.keys()]).toEqual(expect.arrayContaining(asked));
    // Prometheus adds the namespace and the pod.
    const there = new Set(['namespace', 'pod', ...asked.flatMap((name) => [...(metrics.get(name) ?? [])])]);
    const used = [
      ...[...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label),
      ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', ')),
      ...[...expr.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
    ];
    expect([...there]).toEqual(expect.arrayContaining(used));
    // What a sum has left is all that a sentence can name.
    const left = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(', ');
    for (const [, label = ''] of annotations.summary.matchAll(/\$labels\.(\w+)/g)) {
      expect(left ?? [label]).toContain(label);
    }
    expect(['critical', 'warning']).toContain(labels.severity);
  },
);

test('in the runbook stand only metrics that there are', async () => {
  const metrics = await known();
  for (const [name, text] of sections) {
    expect([...metrics.keys()], name).toEqual(expect.arrayContaining(namesIn(text)));
  }
});

test('metrics are collected from the port and by the labels that the service has', () => {
  const [monitor] = readManifests('components/monitoring/servicemonitor.yaml');
  const [kustomization] = readManifests('base/kustomization.yaml');
  const { matchLabels } = monitor?.spec.selector ?? {};
  const chosen = readManifests('base/service.yaml').filter(({ metadata }) => {
    const labels: Readonly<Record<string, string>> = {
      ...metadata.labels,
      ...kustomization?.labels[0].pairs,
    };
    return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
  });
  expect(chosen.map(({ metadata }) => metadata.name)).toEqual(['kite-status']);
  expect(chosen[0]?.spec.ports.map(({ name }: { name: string }) => name)).toEqual(
    monitor?.spec.endpoints.map(({ port }: { port: string }) => port),
  );
});
