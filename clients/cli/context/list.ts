import type { Work } from '../command.ts';
import { isData } from '../output/output.ts';
import { line } from '../output/plain.ts';
import { layout } from '../output/table.ts';
import { type Context, readSettings } from '../target/settings.ts';

interface Row {
  readonly name: string;
  readonly isCurrent: boolean;
  readonly url: string;
  readonly namespace: string | null;
  /** How one is known there; never the token. */
  readonly identity: string;
}

export async function run(work: Work): Promise<void> {
  const { contexts, current } = await readSettings(work.io);
  const rows: readonly Row[] = Object.entries(contexts).map(([name, context]) => ({
    name,
    isCurrent: name === current,
    url: context.url,
    namespace: context.namespace ?? null,
    identity: identityOf(context),
  }));
  if (isData(work.out.format)) {
    await work.out.data(rows);
    return;
  }
  if (rows.length === 0) {
    work.out.note(`No server is remembered yet; "${work.program} login URL" does that.`);
    return;
  }
  const { styles } = work.out;
  const table = layout<Row>(
    [
      { title: '', text: ({ isCurrent }) => (isCurrent ? '*' : ''), style: () => styles.green },
      { title: 'NAME', text: ({ name }) => line(name), style: () => styles.bold },
      { title: 'ADDRESS', text: ({ url }) => line(url), least: 16 },
      { title: 'NAMESPACE', text: ({ namespace }) => line(namespace ?? '-') },
      { title: 'AS', text: ({ identity }) => line(identity), least: 8 },
    ],
    rows,
    work.io.size()?.columns ?? null,
    styles.dim,
  );
  await work.out.text(table.head, ...rows.map((row) => table.line(row)));
}

function identityOf({ token, tokenFile, kube, kubeContext }: Context): string {
  if (token !== undefined) return 'a kept token';
  if (tokenFile !== undefined) return `the token in ${tokenFile}`;
  if (kube !== true) return 'nobody';
  return kubeContext === undefined ? "the kubeconfig's user" : `the kubeconfig's user of ${kubeContext}`;
}
