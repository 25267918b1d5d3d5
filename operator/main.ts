import { ConfigError } from '../core/config-error.ts';
import { type Command, readArguments, UsageError } from './commands/arguments.ts';
import { deadLetter } from './commands/dead-letter.ts';
import { dryRun } from './commands/dry-run.ts';
import { help } from './commands/help.ts';
import { once } from './commands/once.ts';
import { run } from './commands/run.ts';
import { type Setting, version } from './commands/setting.ts';

/** Where sh is bash, npm delivers one Ctrl-C twice: so soon, in milliseconds, it is the same one. */
const sameSignal = 500;

async function execute(command: Command, setting: Setting): Promise<number> {
  switch (command.name) {
    case 'help':
      setting.print(help);
      return 0;
    case 'version':
      setting.print(`${version}\n`);
      return 0;
    case 'run':
      return run(command, setting);
    case 'once':
      return once(command, setting);
    case 'dry-run':
      return dryRun(command, setting);
    case 'dead-letter':
      return deadLetter(command, setting);
  }
}

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** The message, with that of its causes where it has none of its own. */
function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError) {
    return `The configuration is wrong:\n${error.problems.map((problem) => `  ${problem}`).join('\n')}`;
  }
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(sentenceOf).join('; ');
  }
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}

/** Aborted by the first signal; the second one ends the process at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= performance.now();
    if (performance.now() - first > sameSignal) {
      process.exit(1);
    }
    stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return stop.signal;
}

async function main(): Promise<number> {
  try {
    const command = readArguments(process.argv.slice(2), process.env);
    const setting: Setting = {
      env: process.env,
      stop: stopOnSignals(),
      print: (text) => process.stdout.write(text),
    };
    return await execute(command, setting);
  } catch (error) {
    complain(sentenceOf(error));
    if (error instanceof UsageError) {
      complain('operator --help says what there is.');
      return 2;
    }
    return 1;
  }
}

// Whoever read our output may be gone; that is no reason to end.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
const exitCode = await main();
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(exitCode);
