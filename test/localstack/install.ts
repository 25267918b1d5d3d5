import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../lambda/cache.ts';

const run = promisify(execFile);

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
/** What LocalStack 4.14.0 is made for: 3.12 fails at some of its services, and 3.11 cannot parse it. */
const VERSION = '3.13';
/** Fails in a Python that lacks what an environment is made with. Prints its version and where it is. */
const PROBE = 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2], sys.executable)';

/** The Python of an environment with LocalStack in it, or a sentence that says why there is none. */
export type Installed = { readonly python: string } | { readonly reason: string };

/**
 * LocalStack as a Python package: fetched from PyPI once (180 MB, about a minute) into the user's cache folder.
 *
 * @param tell takes a line before what takes long
 */
export async function ensureLocalStack(tell: (line: string) => void): Promise<Installed> {
  const python = await findPython();
  if (python === undefined) {
    return {
      reason: `LocalStack needs Python ${VERSION} with its venv module, and none was found.`,
    };
  }
  const digest = createHash('sha256').update(python).update(readFileSync(REQUIREMENTS)).digest('hex');
  try {
    const directory = await cached(`localstack-${digest.slice(0, 12)}`, async (environment) => {
      tell(`Installing LocalStack with Python ${VERSION}: about a minute, once …`);
      await install(python, environment);
    });
    return { python: join(directory, 'bin/python') };
  } catch (error) {
    return { reason: `LocalStack could not be installed from PyPI: ${lastLine(error)}` };
  }
}

/** The first one of that version that runs: a shim in PATH may exist and still fail. */
async function findPython(): Promise<string | undefined> {
  for (const candidate of candidates()) {
    const [version, path] = await run(candidate, ['-c', PROBE]).then(
      ({ stdout }) => stdout.trim().split(/ (.*)/s),
      () => [],
    );
    if (version === VERSION && path !== undefined) {
      return path;
    }
  }
  return undefined;
}

function candidates(): readonly string[] {
  const kept = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  return [
    `python${VERSION}`,
    'python3',
    ...listed(kept)
      .filter((name) => name.startsWith(`${VERSION}.`))
      .map((name) => join(kept, name, 'bin/python')),
  ];
}

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

async function install(python: string, environment: string): Promise<void> {
  await run(python, ['-m', 'venv', environment]);
  // What is imported is compiled when it is: compiling everything would take as long as all the rest.
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--no-compile'];
  await run(join(environment, 'bin/python'), ['-m', 'pip', 'install', ...options, '-r', REQUIREMENTS]);
}

/** Where pip says why it failed. */
function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}
