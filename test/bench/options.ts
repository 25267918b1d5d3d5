import { parseArgs } from 'node:util';

export interface Options {
  /** Names of scenarios, each once; empty: all. */
  readonly names: readonly string[];
  readonly against: string | undefined;
  readonly runs: number;
  readonly json: string;
  readonly soakMinutes: number | undefined;
  readonly quick: boolean;
  readonly durable: boolean;
  readonly strict: boolean;
  readonly help: boolean;
}

const defaultJson = 'dist/bench.json';
/** Minutes, of a soak that is asked for without saying how long. */
const longSoak = '10';

/**
 * Reads the command line.
 *
 * @param known the names of all scenarios
 * @returns a sentence when it is not understood
 */
export function readOptions(args: readonly string[], known: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: args.map((arg, index) =>
        arg === '--soak' && !/^[\d.]/.test(args[index + 1] ?? '') ? `--soak=${longSoak}` : arg,
      ),
      allowPositionals: true,
      options: {
        against: { type: 'string' },
        runs: { type: 'string', default: '3' },
        json: { type: 'string', default: defaultJson },
        soak: { type: 'string' },
        quick: { type: 'boolean', default: false },
        durable: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { against, runs, json, soak } = values;
    const unknown = positionals.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      return `There is no scenario ${unknown}; there are ${known.join(', ')}.`;
    }
    if (against !== undefined && !(/^https?:\/\//.test(against) && URL.canParse(against))) {
      return `--against ${against} is not an http or https URL.`;
    }
    if (!/^[1-9]\d?$/.test(runs)) {
      return `--runs ${runs} is not a number from 1 to 99.`;
    }
    if (soak !== undefined && !(Number(soak) > 0 && Number(soak) <= 600)) {
      return `--soak ${soak} is not a number of minutes up to 600.`;
    }
    return {
      names: [...new Set(positionals)],
      against,
      runs: Number(runs),
      json,
      soakMinutes: soak === undefined ? undefined : Number(soak),
      quick: values.quick,
      durable: values.durable,
      strict: values.strict,
      help: values.help,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function usage(scenarios: readonly { readonly name: string; readonly about: string }[]): string {
  const widest = Math.max(...scenarios.map(({ name }) => name.length));
  return `npm run bench -- [SCENARIO ...] [--against URL] [--runs N] [--json FILE] [--soak [MINUTES]]
                 [--durable] [--quick] [--strict]

Measures Kite on this machine, with a Postgres and a gateway of its own, and shows one table. All scenarios, in about
15 minutes, or those that are named:

${scenarios.map(({ name, about }) => `  ${name.padEnd(widest)}  ${about}`).join('\n')}

  --against URL   asks another server that speaks the v1 contract the same, in turn with Kite
  --runs N        how often each is measured (3); the table shows the median, the least and the most
  --json FILE     where all figures are written (${defaultJson})
  --soak MINUTES  how long the mixed load of start lasts: 1 without it, 10 when no number follows
  --durable       each commit waits for the disk, as Kite has it; else synchronous_commit is off
  --quick         short and small, to try the bench itself: its figures say nothing
  --strict        ends with 1 when a requirement is not met

  npm run bench
  npm run bench -- ingest storm --runs 1
  npm run bench -- ingest --against http://127.0.0.1:8081
  npm run bench -- start --soak

Ends with 0 when everything ran, with 1 when there was an error or a count was wrong, with 2 when the options
are not understood. Ctrl-C ends all that was started, and removes its data.
`;
}
