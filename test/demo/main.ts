import { parseArgs } from 'node:util';
import { runDemo } from './run.ts';

const usage = `npm run demo -- [--url URL] [--seed NUMBER]

Feeds the fixtures to Kite and shows the issues that they add up to.

  --url URL      the server to use; without it the demo starts one of its own
  --seed NUMBER  the order in which the calls are sent (a whole number, 1 when absent)
  --help         this text

Ends with 0 when the issues are those of test/fixtures/expected.json, with 1 when
they differ or a call fails, with 2 when the options are not understood.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  let server: { readonly url: string; close(): Promise<void> } | null = null;
  try {
    server = options.url === undefined ? await ownServer() : null;
    const { issues, differences } = await runDemo({
      url: options.url ?? server?.url ?? '',
      out: (line) => process.stdout.write(`${line}\n`),
      seed: options.seed,
      width: terminalWidth(),
      colour: process.stdout.isTTY && process.env.NO_COLOR === undefined,
    });
    process.stdout.write('\n');
    if (differences.length === 0) {
      process.stdout.write(`All ${issues.length} issues are as test/fixtures/expected.json says.\n`);
      return 0;
    }
    process.stderr.write('Not as test/fixtures/expected.json says:\n');
    for (const difference of differences) {
      process.stderr.write(`  ${difference}\n`);
    }
    return 1;
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await server?.close();
  }
}

/** Loaded only when it is needed: with `--url` the demo runs where no database can. */
async function ownServer(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { startServer } = await import('../support/server.ts');
  return startServer();
}

function readOptions(
  args: readonly string[],
): { readonly url: string | undefined; readonly seed: number; readonly help: boolean } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.url !== undefined && !/^https?:\/\//.test(values.url)) {
      return `--url ${values.url} is not an http or https URL`;
    }
    if (!/^\d{1,9}$/.test(values.seed)) {
      return `--seed ${values.seed} is not a whole number`;
    }
    return { url: values.url, seed: Number(values.seed), help: values.help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A terminal's own width; else that of the environment, else 120. */
function terminalWidth(): number {
  const width = process.stdout.columns ?? Number(process.env.COLUMNS);
  return Number.isInteger(width) && width > 0 ? width : 120;
}
