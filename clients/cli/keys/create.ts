import type { ApiKey } from '../../../core/contract/keys.ts';
import type { Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { isData } from '../output/output.ts';
import { line } from '../output/plain.ts';
import type { When } from '../reading.ts';

interface Options {
  readonly may?: readonly ApiKey['may'][number][];
  readonly for?: readonly string[];
  readonly cluster?: readonly string[];
  readonly expires?: When;
}

/** Prints the key on standard output, and nothing else: this is the only time that it is shown. */
export async function run(work: Work): Promise<void> {
  const [name = ''] = work.args;
  const { may, for: namespaces, cluster, expires }: Options = work.options;
  if (may === undefined)
    throw new UsageError('what may it do? Say --may with any of read, report, act, admin');
  if (namespaces === undefined) {
    throw new UsageError(
      "which namespaces does it reach? Say --for with names; '*' stands for any characters",
    );
  }
  const client = await work.client();
  const { body } = await client.call('keys.create', {
    body: {
      name,
      may: [...may],
      namespaces: [...namespaces],
      ...(cluster !== undefined && { clusters: [...cluster] }),
      ...(expires !== undefined && {
        expiresAt: expires.at ?? new Date(work.io.surroundings.now() + expires.away).toISOString(),
      }),
    },
  });
  if (isData(work.out.format)) {
    await work.out.data(body);
    return;
  }
  const end = body.expiresAt === null ? 'does not expire' : `is valid until ${body.expiresAt}`;
  work.io.note(`The key ${line(body.id)} may ${body.may.join(', ')} and ${end}. It is shown this once:`);
  await work.out.text(line(body.key));
}
