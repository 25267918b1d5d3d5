import type { Summary } from '../../../core/contract/list.ts';
import type { Work } from '../command.ts';
import { isData } from '../output/output.ts';
import { line } from '../output/plain.ts';
import { layout } from '../output/table.ts';
import { pad } from '../output/width.ts';
import { needNamespace } from '../target/namespace.ts';

const severities = ['critical', 'major', 'minor', 'info'] as const;
const indent = '  ';

export async function run(work: Work): Promise<void> {
  const { cluster, allNamespaces }: { readonly cluster?: string; readonly allNamespaces?: boolean } =
    work.options;
  const namespace = allNamespaces === true ? undefined : await needNamespace(await work.target());
  const client = await work.client();
  const { body } = await client.call('issues.summary', { query: { namespace, cluster } });
  if (isData(work.out.format)) await work.out.data(body);
  else await work.out.text(...screen(work, body, namespace ?? 'all namespaces'));
}

/** What is active, by severity and by type; the rest in one line. */
function screen({ out: { styles } }: Work, { total, active }: Summary, where: string): readonly string[] {
  const rows = severities.map((severity) => ({ severity, count: active.bySeverity[severity] ?? 0 }));
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const barColumns = 30;
  const bar = (count: number) =>
    '█'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * barColumns)));
  const table = layout(
    [
      {
        title: 'SEVERITY',
        text: (row: (typeof rows)[number]) => row.severity as string,
        style: (row: (typeof rows)[number]) => (row.count === 0 ? styles.dim : styles.severity(row.severity)),
      },
      { title: 'ACTIVE', text: ({ count }: (typeof rows)[number]) => String(count).padStart(6) },
      {
        title: '',
        text: ({ count }: (typeof rows)[number]) => bar(count),
        style: ({ severity }: (typeof rows)[number]) => styles.severity(severity),
      },
    ],
    rows,
    null,
    styles.dim,
  );
  const counts = (of: Readonly<Record<string, number>>): string => {
    const some = Object.entries(of).filter(([, count]) => count > 0);
    return some.map(([name, count]) => `${line(name)} ${count}`).join(', ');
  };
  const field = (label: string, text: string): string[] =>
    text === '' ? [] : [`${indent}${styles.dim(pad(label, 11))}${text}`];
  return [
    `${styles.bold(line(where))}: ${active.total} active, ${total - active.total} resolved`,
    '',
    `${indent}${table.head}`,
    ...rows.map((row) => `${indent}${table.line(row)}`),
    ...(active.total === 0
      ? []
      : ['', ...field('Type', counts(active.byType)), ...field('Lifecycle', counts(active.byLifecycle))]),
  ];
}
