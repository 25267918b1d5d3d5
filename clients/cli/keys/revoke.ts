import type { Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { isData } from '../output/output.ts';

export async function run(work: Work): Promise<void> {
  const wrong = work.args.find((id) => !/^[a-z0-9]{8,32}$/.test(id));
  if (wrong !== undefined) {
    throw new UsageError(`this is not the id of a key; "${work.program} keys list" shows them`);
  }
  const client = await work.client();
  for (const id of work.args) {
    await client.call('keys.revoke', { params: { id } });
    if (!isData(work.out.format)) await work.out.text(`Revoked ${id}: within seconds it lets nobody in`);
  }
  if (isData(work.out.format)) await work.out.data(work.args);
}
