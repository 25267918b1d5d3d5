import type { KiteClient } from '../../core/contract/client.ts';
import { catalogue, groups } from './catalogue.ts';
import type { Work } from './command.ts';
import { type Circumstances, explain } from './explain.ts';
import { UsageError } from './failure.ts';
import { type Io, processIo } from './io.ts';
import { type Format, outputTo } from './output/output.ts';
import { line } from './output/plain.ts';
import { readCommandLine, type Typed } from './program.ts';
import type { Target } from './target/target.ts';

/** Milliseconds that one attempt may take when nothing else is said. */
const usualTimeout = 30_000;

/** The names that KITE's own command line has: called so, its settings and its commands come first. */
const legacyNames = /^(konflux|kubectl)-issues$/;

/** As a person types it. */
function programName(called: string): { readonly name: string; readonly isLegacy: boolean } {
  const base = called.replace(/^.*[/\\]/, '').replace(/\.[cm]?js$/, '');
  const isLegacy = legacyNames.test(base);
  if (base.startsWith('kubectl-')) return { name: `kubectl ${base.slice('kubectl-'.length)}`, isLegacy };
  return { name: isLegacy ? base : 'kite', isLegacy };
}

/**
 * Does what was typed.
 *
 * @param called the path that the program was called by
 * @param args what stands behind it
 * @returns the exit code
 */
export async function run(
  called: string,
  args: readonly string[],
  version: string,
  home: string,
): Promise<number> {
  const { name, isLegacy } = programName(called);
  const colour = args.includes('--no-color') ? false : args.includes('--color') ? true : undefined;
  const io = processIo(home, colour);
  let about: Circumstances = {
    verbose: args.includes('-v') || args.includes('--verbose'),
    urlFrom: null,
    hasToken: false,
    timeout: usualTimeout,
  };
  try {
    const typed = readCommandLine(name, version, isLegacy, args);
    if ('text' in typed) {
      await io.print(typed.text);
      return typed.exitCode;
    }
    const { run: start } = await typed.spec.load();
    const code = await start(
      workOf(
        io,
        typed,
        name,
        isLegacy,
        version,
        (more) => {
          about = { ...about, ...more };
        },
        (error) => explain(error, about).sentence,
      ),
    );
    return code ?? 0;
  } catch (error) {
    const { sentence, exitCode } = explain(error, about);
    io.note(`${name}: ${sentence}`);
    return exitCode;
  }
}

function workOf(
  io: Io,
  { args, options, globals, spec, format }: Typed,
  program: string,
  isLegacy: boolean,
  version: string,
  learn: (more: Partial<Circumstances>) => void,
  explainNow: (error: unknown) => string,
): Work {
  const timeout = globals.timeout ?? usualTimeout;
  learn({ timeout });
  if (globals.token !== undefined && globals.token !== '-') refuseToken();
  let target: Promise<Target> | undefined;
  let client: Promise<KiteClient> | undefined;
  const findOnce = (): Promise<Target> => {
    target ??= (async () => {
      const { findTarget } = await import('./target/target.ts');
      const found = await findTarget(io, globals, isLegacy);
      learn({ urlFrom: found.urlFrom });
      return found;
    })();
    return target;
  };
  const connect = async (): Promise<KiteClient> => {
    const [found, { createClient }, { fetch }] = await Promise.all([
      findOnce(),
      import('../../core/contract/client.ts'),
      import('./net/fetch.ts'),
    ]);
    return createClient({
      url: found.url,
      fetch,
      surroundings: io.surroundings,
      timeout,
      userAgent: `kite-cli/${version}`,
      token: async () => {
        const token = await found.token();
        learn({ hasToken: token !== null });
        return token;
      },
      ...(globals.verbose === true && {
        onAttempt: ({ method, url, outcome, took, requestId, next }) =>
          io.note(
            line(
              `${method} ${url} ${outcome} in ${took} ms${requestId === null ? '' : `, request ${requestId}`}${next === null ? '' : `; again in ${Math.round(next)} ms`}`,
            ),
          ),
      }),
    });
  };
  return {
    args,
    options,
    globals,
    io,
    program,
    out: outputTo(io, formatOf(spec.formats ?? ['table', 'json', 'yaml'], format)),
    target: findOnce,
    explain: explainNow,
    commands: catalogue,
    groups,
    client: () => {
      client ??= connect();
      return client;
    },
  };
}

function formatOf(formats: readonly Format[], asked: string | undefined): Format {
  const found = asked === undefined ? formats[0] : formats.find((format) => format === asked.toLowerCase());
  if (found === undefined)
    throw new UsageError(`-o takes ${formats.join(', ')} here, not ${JSON.stringify(asked)}`);
  return found;
}

/** What `--token` is answered with when it has anything but `-`. */
function refuseToken(): never {
  throw new UsageError(
    'a token on the command line can be read by everybody on this machine; say --token-file FILE, pipe it in with --token -, or set KITE_TOKEN',
  );
}
