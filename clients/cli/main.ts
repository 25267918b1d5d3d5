import { homedir } from 'node:os';
import manifest from '../../package.json' with { type: 'json' };
import { exitCodes } from './failure.ts';
import { line } from './output/plain.ts';
import { run } from './run.ts';

/** What nobody has caught must not end with the code that means that issues were found. */
function giveUp(error: unknown): void {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const end = (): never => process.exit(exitCodes.failed);
  process.stderr
    .once('error', end)
    .write(`kite: this should not happen, please report it: ${line(message)}\n`, end);
}

process.on('uncaughtException', giveUp).on('unhandledRejection', giveUp);

const [, called = 'kite', ...args] = process.argv;
void run(called, args, manifest.version, homedir()).then((code) => {
  process.exitCode = code;
});
