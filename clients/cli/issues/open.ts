import { spawn } from 'node:child_process';
import type { Work } from '../command.ts';
import { Failure } from '../failure.ts';
import { line } from '../output/plain.ts';
import { findIssue, inShort } from './find.ts';

/** Opens the first link of an issue that a browser may be given: http or https, and nothing else. */
export async function run(work: Work): Promise<void> {
  const [typed = ''] = work.args;
  const { print }: { readonly print?: boolean } = work.options;
  const issue = await findIssue(work, typed);
  const url = issue.links.map((link) => webAddress(link.url)).find((address) => address !== null);
  if (url === undefined || url === null) {
    throw new Failure(`${inShort(issue)} has no link; "${work.program} link ${line(typed)} URL" adds one`);
  }
  if (print === true) {
    await work.out.text(url);
    return;
  }
  work.io.note(`Opening ${url}`);
  await openInBrowser(work.io.env, url);
}

/** As `URL` writes it, so that nothing but an address is in it. */
function webAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, href } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? href : null;
}

/** Without a shell: the address is one argument, whatever stands in it. */
function openInBrowser(env: Readonly<Record<string, string | undefined>>, url: string): Promise<void> {
  const chosen = env.KITE_BROWSER;
  const command =
    chosen !== undefined && chosen !== '' ? chosen : process.platform === 'darwin' ? 'open' : 'xdg-open';
  return new Promise((resolve, reject) => {
    const child = spawn(command, [url], { stdio: 'ignore', detached: true });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'is not installed' : `cannot be run (${error.code})`;
      reject(new Failure(`${command} ${reason}; open ${url} yourself, or name a browser in KITE_BROWSER`));
    });
    child.on('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
