import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMetrics, exposedName, metrics } from '../../../operator/runtime/metrics.ts';

const OPERATOR = join(import.meta.dirname, '../../../operator');

const kinds = { count: 'counter', gauge: 'gauge', time: 'histogram' } as const;

interface Use {
  readonly file: string;
  readonly name: string;
  readonly kind: string;
  readonly labels: readonly string[];
}

/** Every call of a telemetry in the operator's sources. */
function uses(): readonly Use[] {
  const files = readdirSync(OPERATOR, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const call = /\b(?:telemetry|metrics)\.(count|gauge|time)\(\s*'([a-z_]+)'([^;]*?)\);/g;
  return files.flatMap((file) => {
    const text = readFileSync(join(OPERATOR, file), 'utf8');
    return [...text.matchAll(call)].map(([, verb, name = '', rest = '']): Use => {
      const object = /\{([^{}]*)\}/.exec(rest)?.[1] ?? '';
      const labels = object.split(',').flatMap((part) => /^\s*([a-z]+)\s*(?::|$)/.exec(part)?.[1] ?? []);
      return { file, name, kind: kinds[verb as keyof typeof kinds], labels: labels.sort() };
    });
  });
}

test('what the code counts is declared, with the same kind and labels; what is declared is counted', () => {
  const found = uses();
  expect(found.length).toBeGreaterThan(30);
  for (const { file, name, kind, labels } of found) {
    const declared = metrics[name];
    expect({ file, name, kind: declared?.kind, labels: [...(declared?.labels ?? [])].sort() }).toEqual({
      file,
      name,
      kind,
      labels,
    });
  }
  const unused = Object.keys(metrics).filter((name) => !found.some((use) => use.name === name));
  expect(unused).toEqual([]);
});

test('names are as Prometheus wants them', () => {
  for (const [name, { kind, help, labels = [], buckets = [] }] of Object.entries(metrics)) {
    expect(exposedName(name)).toMatch(/^kite_operator_[a-z]+(_[a-z]+)*$/);
    expect(exposedName(name).endsWith('_total')).toBe(kind === 'counter');
    expect(kind === 'histogram').toBe(buckets.length > 0);
    expect(help).toMatch(/^[A-Z01].*\.$/);
    for (const label of labels) {
      // These are what Prometheus adds by itself.
      expect(['namespace', 'pod', 'service', 'container', 'instance', 'job', 'endpoint']).not.toContain(
        label,
      );
    }
  }
});

test('a metric or label that is not declared breaks nothing, and is named', async () => {
  const made = createMetrics();
  made.count('surprises');
  made.gauge('leader', 1, { mood: 'good' });
  made.count('leader');
  const { text } = await made.text();
  expect(text).toContain('kite_operator_undeclared_total{metric="surprises"} 1\n');
  expect(text).toContain('kite_operator_undeclared_total{metric="leader"} 2\n');
  expect(text).toContain('kite_operator_leader 1\n');
});
