import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exposedName, metrics } from '../../../operator/runtime/metrics.ts';
import { readManifests } from './manifests.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

const [rule] = readManifests('components/monitoring/prometheusrule.yaml');
const alerts: readonly Alert[] = rule?.spec.groups.flatMap(({ rules }: { rules: Alert[] }) => rules);
const runbook = readFileSync(join(import.meta.dirname, '../../../docs/runbook.md'), 'utf8');
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .filter((text) => text.startsWith('KiteOperator'))
    .map((text) => [text.split('\n')[0] ?? '', text]),
);

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
  (_, alert) => {
    const known = new Map(Object.entries(metrics).map(([name, metric]) => [exposedName(name), metric]));
    const asked = [...alert.expr.matchAll(/kite_operator_\w+/g)].map(([name]) => name);
    expect(asked.length).toBeGreaterThan(0);
    const labels = asked.flatMap((name) => {
      expect([...known.keys()]).toContain(name);
      return known.get(name)?.labels ?? [];
    });
    const used = [...`${alert.annotations.summary}`.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    // Prometheus adds the namespace and the pod.
    expect([...labels, 'namespace', 'pod']).toEqual(expect.arrayContaining(used));
    expect(['critical', 'warning']).toContain(alert.labels.severity);
  },
);

test('in the runbook stand only metrics that there are', () => {
  const known = Object.keys(metrics).map(exposedName);
  const named = [...runbook.matchAll(/kite_operator_\w+/g)].map(([name]) => name);
  expect(known).toEqual(expect.arrayContaining(named));
});

test('metrics are collected from the port that the service has', () => {
  const [monitor] = readManifests('components/monitoring/servicemonitor.yaml');
  const [service] = readManifests('base/service.yaml');
  expect(service?.spec.ports.map(({ name }: { name: string }) => name)).toEqual(
    monitor?.spec.endpoints.map(({ port }: { port: string }) => port),
  );
});
