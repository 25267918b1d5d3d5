import type { Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { isData } from '../output/output.ts';
import { line } from '../output/plain.ts';
import { legacyPath, legacyUrl, readLegacyUrl, writeLegacyUrl } from '../target/legacy.ts';

/** The settings of KITE's own command line, in the file where it has them. */
export async function show(work: Work): Promise<void> {
  const found = await readLegacyUrl(work.io);
  const url = found?.url ?? legacyUrl;
  if (isData(work.out.format)) await work.out.data({ api_url: url });
  else await work.out.text('Current configuration:', `API URL: ${line(url)}`);
}

export async function setApiUrl(work: Work): Promise<void> {
  const [url = ''] = work.args;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new UsageError(`${JSON.stringify(line(url))} is no http or https address`);
  }
  await writeLegacyUrl(work.io, url);
  await work.out.text(`API URL set to: ${line(url)}`);
  if (work.io.env.KONFLUX_API_URL) work.io.note('KONFLUX_API_URL is set, and wins over it.');
}

export async function reset(work: Work): Promise<void> {
  await writeLegacyUrl(work.io, legacyUrl);
  await work.out.text('Configuration reset to defaults');
  work.io.note(`${legacyPath(work.io)} says ${legacyUrl}`);
}
