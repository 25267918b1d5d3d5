import type { Answer } from '../../../core/contract/client/types.ts';
import type { ApiKey } from '../../../core/contract/keys.ts';
import type { Work } from '../command.ts';
import { age, moment } from '../output/age.ts';
import { line } from '../output/plain.ts';

const pageSize = 200;

export async function run(work: Work): Promise<void> {
  const client = await work.client();
  async function* pages(): AsyncGenerator<readonly ApiKey[]> {
    let cursor: string | null = null;
    do {
      const { body }: Answer<'keys.list'> = await client.call('keys.list', {
        query: { limit: pageSize, cursor: cursor ?? undefined },
      });
      yield body.data;
      cursor = body.nextCursor;
    } while (cursor !== null);
  }
  const now = work.io.surroundings.now();
  const { styles } = work.out;
  const count = await work.out.list(pages(), [
    { title: 'ID', text: ({ id }) => line(id), style: () => styles.bold },
    { title: 'NAME', text: ({ name }) => line(name), least: 10 },
    { title: 'MAY', text: ({ may }) => may.join(',') },
    { title: 'NAMESPACES', text: ({ namespaces }) => line(namespaces.join(',')), least: 10 },
    { title: 'CLUSTERS', text: ({ clusters }) => line(clusters.join(',')), least: 8, drop: 2 },
    { title: 'USED', text: ({ lastUsedAt }) => age(lastUsedAt, now), drop: 1 },
    {
      title: 'VALID',
      text: (key) => validity(key, now),
      style: (key) => (validity(key, now) === 'revoked' ? styles.red : String),
    },
  ]);
  if (count === 0) work.out.note('There are no keys.');
}

function validity({ revokedAt, expiresAt }: ApiKey, now: number): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'always';
  return Date.parse(expiresAt) < now ? 'ended' : `until ${moment(expiresAt).slice(0, 10)}`;
}
