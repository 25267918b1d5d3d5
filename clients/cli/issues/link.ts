import type { Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { isData } from '../output/output.ts';
import { line } from '../output/plain.ts';
import { findId, inShort, namespaceQuery } from './find.ts';

const longestTitle = 500;

export async function run(work: Work): Promise<void> {
  const [typed = '', url = ''] = work.args;
  const { title }: { readonly title?: string } = work.options;
  if (!/^https?:\/\/\S+$/i.test(url) || !URL.canParse(url)) {
    throw new UsageError(`${JSON.stringify(line(url))} is no http or https address`);
  }
  const id = await findId(work, typed);
  const client = await work.client();
  const { body } = await client.call('issues.link', {
    params: { id },
    query: await namespaceQuery(work),
    body: { title: title ?? url.slice(0, longestTitle), url },
  });
  if (isData(work.out.format)) await work.out.data(body);
  else await work.out.text(`Linked ${line(url)} to ${inShort(body)}`);
}
