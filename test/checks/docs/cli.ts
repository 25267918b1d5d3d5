/** The reference of the command line, from the same words as its --help. */
import { catalogue } from '../../../clients/cli/catalogue.ts';
import type { CommandSpec, OptionSpec } from '../../../clients/cli/command.ts';
import { globalOptions } from '../../../clients/cli/options.ts';

function optionLines(options: readonly OptionSpec[]): readonly string[] {
  const shown = options.filter(({ hidden }) => hidden !== true);
  const columns = Math.max(0, ...shown.map(({ flags }) => flags.length));
  return shown.map(({ flags, about }) => `  ${flags.padEnd(columns)}  ${about}`);
}

function section({ name, alias, args, about, more, options = [], formats, examples }: CommandSpec): string {
  const usage = [
    'kite',
    name,
    ...(options.length > 0 ? ['[options]'] : []),
    ...(args === undefined ? [] : [args]),
  ];
  const output =
    formats === undefined ? [] : ['', `  -o takes ${formats.join(', ')}; ${formats[0]} when absent`];
  return [
    `### \`kite ${name}\``,
    '',
    `${about.charAt(0).toUpperCase()}${about.slice(1)}.${alias === undefined ? '' : ` Also \`kite ${alias}\`.`}`,
    ...(more === undefined ? [] : ['', more]),
    '',
    '```text',
    usage.join(' '),
    ...(options.length > 0 ? ['', ...optionLines(options)] : []),
    ...output,
    '```',
    '',
    '```sh',
    ...examples.flatMap(([typed, meaning]) => [
      `# ${meaning}`,
      typed.startsWith('|') ? typed.slice(1) : `kite ${typed}`,
    ]),
    '```',
  ].join('\n');
}

/** Every command, those that are kept for KITE's users at the end. */
export function cliReference(): string {
  const kept = catalogue.filter(({ hidden }) => hidden === true);
  const shown = catalogue.filter(({ hidden }) => hidden !== true);
  return [...shown, ...kept].map(section).join('\n\n');
}

export function cliOptions(): string {
  const output: OptionSpec = {
    flags: '-o, --output <format>',
    about: 'how it is printed: table, json, yaml, and what a command has beside',
  };
  return ['```text', ...optionLines([output, ...globalOptions]).map((line) => line.slice(2)), '```'].join(
    '\n',
  );
}
