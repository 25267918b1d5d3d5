import { UsageError } from '../failure.ts';
import type { Io } from '../io.ts';
import type { GlobalOptions } from './asked.ts';
import { readLegacyUrl } from './legacy.ts';
import { type Context, readSettings, type Settings } from './settings.ts';

/** Where to, which namespace, and as whom. */
export interface Target {
  readonly url: string;
  /** What said so, for whoever has to change it. */
  readonly urlFrom: string;
  /** Null where nobody says one. The kubeconfig is read only when this is asked, once. */
  namespace(): Promise<string | null>;
  /** Whether it was said for this call, so that an issue of another namespace is a mistake. */
  readonly isNamespaceAsked: boolean;
  /** The bearer token; null where none is set up. Asked for once. */
  token(): Promise<string | null>;
}

/** Where `npm start` listens. */
const usualUrl = 'http://127.0.0.1:8080';

/**
 * Flags win over the environment, that over the context, and that over what KITE's own command line has set up; called by its
 * name, its settings come before the contexts.
 */
export async function findTarget(io: Io, globals: GlobalOptions, isLegacyName: boolean): Promise<Target> {
  const { env } = io;
  const settings = await readSettings(io);
  const context = contextOf(settings, globals.context ?? env.KITE_CONTEXT);
  const legacy = await readLegacyUrl(io);
  const ofContext = context && { url: context.url, from: `the context ${context.name}` };
  const candidates = [
    globals.url === undefined ? undefined : { url: globals.url, from: '--url' },
    said(globals.context) && ofContext,
    said(env.KITE_URL) && { url: env.KITE_URL ?? '', from: 'KITE_URL' },
    isLegacyName ? legacy : ofContext,
    isLegacyName ? ofContext : legacy,
    { url: usualUrl, from: 'the usual address, since nothing says another' },
  ];
  const { url, from } = candidates.find((one) => typeof one === 'object') ?? { url: usualUrl, from: '' };
  if (!/^https?:\/\/[^\s/]+/i.test(url) || !URL.canParse(url)) {
    throw new UsageError(`${from} says ${JSON.stringify(url)}, which is no http or https address`);
  }
  const asked = globals.namespace ?? (said(env.KITE_NAMESPACE) ? env.KITE_NAMESPACE : undefined);
  // A context's token is for its own server, wherever else the call goes.
  const own = context !== undefined && sameOrigin(context.url, url) ? context : undefined;
  let namespace: Promise<string | null> | undefined;
  let token: Promise<string | null> | undefined;
  return {
    url,
    urlFrom: from,
    namespace: () => {
      namespace ??= (async () => asked ?? own?.namespace ?? (await namespaceOfKube(io, globals, own)))();
      return namespace;
    },
    isNamespaceAsked: asked !== undefined,
    token: () => {
      token ??= findToken(io, globals, own);
      return token;
    },
  };
}

const said = (text: string | undefined): boolean => text !== undefined && text !== '';

function sameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}

function contextOf(settings: Settings, asked: string | undefined): (Context & { name: string }) | undefined {
  const name = said(asked) ? asked : settings.current;
  if (name === undefined || name === null) return undefined;
  const context = settings.contexts[name];
  if (context !== undefined) return { ...context, name };
  const known = Object.keys(settings.contexts);
  throw new UsageError(
    `there is no context ${name}; ${known.length === 0 ? '"kite login URL" makes one' : `there are ${known.join(', ')}`}`,
  );
}

async function namespaceOfKube(io: Io, globals: GlobalOptions, context: Context | undefined) {
  const { readKubeconfig } = await import('./kubeconfig.ts');
  return (await readKubeconfig(io, globals.kubeContext ?? context?.kubeContext))?.namespace ?? null;
}

/** The token of this call; what was asked for and cannot be had is a failure, never no token. */
async function findToken(
  io: Io,
  globals: GlobalOptions,
  context: Context | undefined,
): Promise<string | null> {
  const { env } = io;
  const isAsked =
    globals.token !== undefined ||
    globals.tokenFile !== undefined ||
    globals.kube === true ||
    globals.kubeContext !== undefined;
  const hasOwn = context?.token !== undefined || context?.tokenFile !== undefined || context?.kube === true;
  if (!isAsked && !hasOwn && !said(env.KITE_TOKEN)) return null;
  const { cleanToken, tokenOfFile, tokenOfInput, tokenOfKube } = await import('./token.ts');
  if (globals.token !== undefined) return tokenOfInput(io);
  if (globals.tokenFile !== undefined) {
    return globals.tokenFile === '-' ? tokenOfInput(io) : tokenOfFile(globals.tokenFile);
  }
  if (globals.kube === true || globals.kubeContext !== undefined) {
    return tokenOfKube(io, globals.kubeContext ?? context?.kubeContext);
  }
  if (said(env.KITE_TOKEN)) return cleanToken(env.KITE_TOKEN ?? '', 'KITE_TOKEN');
  if (context?.token !== undefined) return cleanToken(context.token, 'the context');
  if (context?.tokenFile !== undefined) return tokenOfFile(context.tokenFile);
  if (context?.kube === true) return tokenOfKube(io, context.kubeContext);
  return null;
}
