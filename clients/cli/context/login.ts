import { KiteApiError } from '../../../core/contract/client/failures.ts';
import { createClient } from '../../../core/contract/client.ts';
import type { Work } from '../command.ts';
import { Failure, UsageError } from '../failure.ts';
import { fetch } from '../net/fetch.ts';
import { line } from '../output/plain.ts';
import { type Context, readSettings, settingsPath, writeSettings } from '../target/settings.ts';
import { cleanToken, tokenOfFile, tokenOfInput, tokenOfKube } from '../target/token.ts';

/** Remembers a server under a name, and who one is there, after it has answered. */
export async function run(work: Work): Promise<void> {
  const { io, globals } = work;
  const [typed = ''] = work.args;
  const { name: asked }: { readonly name?: string } = work.options;
  const url = typed.replace(/\/+$/, '');
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new UsageError(`${JSON.stringify(line(typed))} is no http or https address`);
  }
  const { username, password, host, hostname, protocol } = new URL(url);
  if (username !== '' || password !== '') {
    throw new UsageError('an address with a password in it is not taken; say --token-file FILE or --token -');
  }
  const settings = await readSettings(io);
  const name = asked ?? host;
  if (name.trim() === '') throw new UsageError('--name needs a name');
  const who = await identity(work);
  await prove(work, url, who.token);
  const { namespace } = globals;
  const context: Context = { url, ...(namespace !== undefined && { namespace }), ...who.kept };
  await writeSettings(io, { current: name, contexts: { ...settings.contexts, [name]: context } });
  io.note(
    `Logged in: the context ${line(name)} is ${line(url)}${who.words}. It stands in ${settingsPath(io)}.`,
  );
  if (who.token !== null && protocol === 'http:' && !isThisMachine(hostname)) {
    io.note('Take care: over http the token can be read by everybody on the way.');
  }
}

interface Who {
  readonly token: string | null;
  readonly kept: Omit<Context, 'url'>;
  readonly words: string;
}

/** As whom: what is kept is the way to the token where there is one, and else the token. */
async function identity({ io, globals }: Work): Promise<Who> {
  const { kube, kubeContext, tokenFile, token } = globals;
  if (kube === true || kubeContext !== undefined) {
    return {
      token: await tokenOfKube(io, kubeContext),
      kept: { kube: true, ...(kubeContext !== undefined && { kubeContext }) },
      words: ", as the kubeconfig's user",
    };
  }
  if (token !== undefined || tokenFile === '-') {
    const read = await tokenOfInput(io);
    return { token: read, kept: { token: read }, words: ', with the token of standard input' };
  }
  if (tokenFile !== undefined) {
    const { resolve } = await import('node:path');
    const path = resolve(tokenFile);
    return {
      token: await tokenOfFile(path),
      kept: { tokenFile: path },
      words: `, with the token in ${line(path)}`,
    };
  }
  const fromEnv = io.env.KITE_TOKEN;
  if (fromEnv !== undefined && fromEnv !== '') {
    return { token: cleanToken(fromEnv, 'KITE_TOKEN'), kept: {}, words: ', and KITE_TOKEN is not kept' };
  }
  return { token: null, kept: {}, words: ', without a token' };
}

/** That Kite is there, and lets this token in. A right that is missing is none of the token's faults. */
async function prove(work: Work, url: string, token: string | null): Promise<void> {
  const client = createClient({
    url,
    fetch,
    surroundings: work.io.surroundings,
    timeout: work.globals.timeout ?? 30_000,
    token: async () => token,
  });
  const { status, body } = await client.call('health.get', {});
  if (status === 503) throw new Failure(`${url} answers, and says that it is down: ${line(body.message)}`);
  try {
    await client.call('issues.list', { query: { namespace: work.globals.namespace ?? 'default', limit: 1 } });
  } catch (error) {
    if (error instanceof KiteApiError && error.status === 401) {
      throw token === null
        ? new Failure(`${url} wants to know who you are: say --kube, --token-file FILE or --token -`)
        : new Failure(`${url} does not take this token: it has ended, was revoked, or is for another place`);
    }
    if (!(error instanceof KiteApiError) || error.status !== 403) throw error;
    if (work.globals.namespace !== undefined) {
      work.io.note(`Take care: you may not read in ${line(work.globals.namespace)} there.`);
    }
  }
}

const isThisMachine = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
