import { readFile } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';

/** Characters of a token; none is longer. */
const longest = 100_000;

/** One token and nothing else: what is no text of a header is refused without being shown. */
export function cleanToken(text: string, from: string): string {
  const token = text.trim();
  if (token === '') throw new Failure(`there is no token in ${from}`);
  if (token.length > longest || !/^[\u0021-\u007e]+$/.test(token)) {
    throw new Failure(`what ${from} has is no token: it must be one line without spaces`);
  }
  return token;
}

export async function tokenOfFile(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'cannot be read';
    throw new Failure(`the token file ${path} cannot be read: ${code === 'ENOENT' ? 'there is none' : code}`);
  }
  return cleanToken(text, path);
}

export async function tokenOfInput(io: Io): Promise<string> {
  const text = io.canAsk() ? await io.askSecret('Token (not shown): ') : await io.readInput(longest + 2);
  return cleanToken(text, 'standard input');
}

/** The token of the kubeconfig's user, got as kubectl gets it. */
export async function tokenOfKube(io: Io, context: string | undefined): Promise<string> {
  const { readKubeconfig } = await import('./kubeconfig.ts');
  const { tokenOfUser } = await import('./kube-user.ts');
  const kube = await readKubeconfig(io, context);
  if (kube === null) {
    throw new Failure('--kube finds no kubeconfig: neither KUBECONFIG nor ~/.kube/config leads to one');
  }
  return cleanToken(await tokenOfUser(io, kube), `the user of the context ${kube.context}`);
}
