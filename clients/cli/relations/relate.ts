import type { Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { shortId } from '../issues/columns.ts';
import { findId, namespaceQuery } from '../issues/find.ts';
import { isData } from '../output/output.ts';

async function ends(work: Work): Promise<readonly [string, string]> {
  const [one = '', other = ''] = work.args;
  const [id, relatedId] = [await findId(work, one), await findId(work, other)];
  if (id === relatedId) throw new UsageError('both are the same issue');
  return [id, relatedId];
}

export async function relate(work: Work): Promise<void> {
  const [id, relatedId] = await ends(work);
  const client = await work.client();
  await client.call('relations.create', {
    params: { id },
    query: await namespaceQuery(work),
    body: { relatedId },
  });
  await tell(work, id, relatedId, 'Related');
}

export async function unrelate(work: Work): Promise<void> {
  const [id, relatedId] = await ends(work);
  const client = await work.client();
  await client.call('relations.delete', { params: { id, relatedId }, query: await namespaceQuery(work) });
  await tell(work, id, relatedId, 'No longer related:');
}

async function tell(work: Work, id: string, relatedId: string, what: string): Promise<void> {
  if (isData(work.out.format)) await work.out.data({ id, relatedId });
  else await work.out.text(`${what} ${shortId(id)} and ${shortId(relatedId)}`);
}
