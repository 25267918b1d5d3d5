import { Command, CommanderError, Option } from 'commander';
import { catalogue, groups } from './catalogue.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { exitCodes, UsageError } from './failure.ts';
import { globalOptions } from './options.ts';
import type { GlobalOptions } from './target/asked.ts';

/** One command as it was typed. */
export interface Typed {
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: GlobalOptions;
  /** What `-o` says; undefined where it is not given. */
  readonly format: string | undefined;
}

/** What is typed asks for nothing but a text: help or the version. */
export interface Shown {
  readonly text: string;
  readonly exitCode: number;
}

function optionOf({ flags, about, read: reader, repeats, hidden }: OptionSpec): Option {
  const option = new Option(flags, about);
  const read = reader && naming(option.long ?? flags, reader);
  if (hidden === true) option.hideHelp();
  if (repeats === true) {
    option.argParser((text: string, before: unknown) => [
      ...(Array.isArray(before) ? before : []),
      read === undefined ? text : read(text),
    ]);
  } else if (read !== undefined) {
    option.argParser((text: string) => read(text));
  }
  return option;
}

/** A reader whose complaints say which option they are about. */
function naming(option: string, read: (text: string) => unknown) {
  return (text: string): unknown => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${option}: ${error.message}`);
    }
  };
}

/** The commands whose first word is among the arguments. */
function namedIn(args: readonly string[]): readonly CommandSpec[] {
  return catalogue.filter(
    ({ name, alias }) =>
      args.includes(name.split(' ')[0] ?? '') || (alias !== undefined && args.includes(alias)),
  );
}

/**
 * Commands as commander knows them; `onTyped` takes the one that was typed. To make all of them takes as long as everything
 * else that happens before a command begins.
 */
function programOf(
  name: string,
  version: string,
  isLegacyName: boolean,
  commands: readonly CommandSpec[],
  onTyped: (typed: Typed) => void,
): Command {
  const program = new Command(name)
    .description(
      'What blocks a release, and what to do about it: lists, shows and settles the issues that Kite keeps.',
    )
    .version(version, '-V, --version', 'the version')
    .helpOption('-h, --help', 'what there is, with examples')
    .helpCommand('help [command]', 'what a command does')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  const formats = new Option('-o, --output <format>', 'how it is printed: table, json, yaml');
  program.addOption(formats);
  for (const option of globalOptions) program.addOption(optionOf(option));
  for (const spec of commands) addCommand(program, spec, isLegacyName, onTyped);
  program.addHelpText(
    'after',
    `\n${examplesOf(name, overview)}\nMore: ${name} help COMMAND, and docs/cli.md`,
  );
  return program;
}

const overview: CommandSpec['examples'] = [
  ['issues', 'what is failing now in your namespace'],
  ['show 52e9f473', 'one issue with its links and its history'],
  ['resolve 52e9f473', 'settle it; a newer failure reopens it'],
  ['login https://kite.example.com --kube', "remember a server, and log in as the kubeconfig's user"],
];

function addCommand(
  program: Command,
  spec: CommandSpec,
  isLegacyName: boolean,
  onTyped: (typed: Typed) => void,
): void {
  const words = spec.name.split(' ');
  const verb = words.pop() ?? '';
  const [group] = words;
  const parent = group === undefined ? program : groupOf(program, group);
  const command = parent
    .command(spec.args === undefined ? verb : `${verb} ${spec.args}`, {
      hidden: spec.hidden === true && !isLegacyName,
    })
    .summary(spec.about)
    .description(
      `${spec.about.charAt(0).toUpperCase()}${spec.about.slice(1)}.${spec.more === undefined ? '' : `\n\n${spec.more}`}`,
    );
  if (spec.alias !== undefined) command.alias(spec.alias);
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  const formats =
    spec.formats === undefined
      ? ''
      : `-o takes ${spec.formats.join(', ')}; ${spec.formats[0]} when absent.\n\n`;
  command.addHelpText('after', `\n${formats}${examplesOf(program.name(), spec.examples)}`);
  command.action(() => {
    const { output, color: _, ...all } = command.optsWithGlobals<Record<string, unknown>>();
    const own = command.opts<Record<string, unknown>>();
    refuseEmpty(all);
    onTyped({
      spec,
      args: command.args,
      options: own,
      globals: all as GlobalOptions,
      format: typeof output === 'string' ? output : undefined,
    });
  });
}

/** Empty is not absent: a namespace that nobody filled in must not become all of them, nor an address the usual one. */
function refuseEmpty({ namespace, url }: GlobalOptions): void {
  for (const [flag, value] of [
    ['-n', namespace],
    ['--url', url],
  ]) {
    if (value?.trim() === '') throw new UsageError(`${flag} is empty; is a variable of the job not set?`);
  }
}

/** The command that a group of commands stands under; made where it is no command itself. */
function groupOf(program: Command, group: string): Command {
  const known = program.commands.find((one) => one.name() === group);
  return known ?? program.command(group).description(groups[group] ?? '');
}

function examplesOf(program: string, examples: CommandSpec['examples']): string {
  return `Examples:\n${examples
    .map(
      ([typed, meaning]) =>
        `  $ ${typed.startsWith('|') ? typed.slice(1) : `${program} ${typed}`}\n      ${meaning}`,
    )
    .join('\n')}`;
}

/**
 * Reads what was typed.
 *
 * @param args without the program
 * @throws UsageError
 */
export function readCommandLine(
  name: string,
  version: string,
  isLegacyName: boolean,
  args: readonly string[],
): Typed | Shown {
  const named = namedIn(args);
  const some = parse(name, version, isLegacyName, args, named.length > 0 ? named : catalogue);
  // What it is near to is known only among all.
  const read = some === 'unknown' ? parse(name, version, isLegacyName, args, catalogue) : some;
  if (read === 'unknown') throw new UsageError(`say what to do; "${name} --help" lists all commands`);
  return read;
}

/** @returns `unknown` where the command is none of these, and these are not all */
function parse(
  name: string,
  version: string,
  isLegacyName: boolean,
  args: readonly string[],
  commands: readonly CommandSpec[],
): Typed | Shown | 'unknown' {
  let typed: Typed | undefined;
  let printed = '';
  let complained = '';
  const program = programOf(name, version, isLegacyName, commands, (one) => {
    typed = one;
  });
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: (text) => {
        complained += text;
      },
      getOutHelpWidth: () => process.stdout.columns ?? 100,
      getErrHelpWidth: () => process.stderr.columns ?? 100,
    });
  }
  try {
    // `help keys create` is `keys create --help`, which commander knows of one word only.
    const [first, ...others] = args;
    const isHelp = first === undefined || (first === 'help' && others.length > 0);
    program.parse(isHelp ? [...others, '--help'] : [...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: printed, exitCode: exitCodes.done };
    if (error.code === 'commander.unknownCommand' && commands !== catalogue) return 'unknown';
    throw usageErrorOf(name, args, error, complained);
  }
  return typed ?? { text: printed, exitCode: exitCodes.done };
}

/** What commander complains of, in one line and with the way to the help. */
function usageErrorOf(
  name: string,
  args: readonly string[],
  { code, message }: CommanderError,
  complained: string,
): UsageError {
  if (code === 'commander.help') {
    const group = args.find((word) => Object.hasOwn(groups, word));
    return new UsageError(
      group === undefined
        ? `say what to do; "${name} --help" lists all commands`
        : `${name} ${group} what? There are ${verbsOf(group).join(', ')}; "${name} ${group} --help" says more`,
    );
  }
  const sentence = (complained === '' ? message : complained)
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  return new UsageError(
    `${sentence.replace(/\.$/, '')}. See "${[name, ...commandIn(args)].join(' ')} --help"`,
  );
}

const verbsOf = (group: string): string[] =>
  catalogue.flatMap(({ name }) => (name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : []));

/** The words at the beginning that are a command. */
function commandIn(args: readonly string[]): readonly string[] {
  const words = args.filter((word) => !word.startsWith('-'));
  const pair = words.slice(0, 2).join(' ');
  if (catalogue.some(({ name }) => name === pair)) return [pair];
  const first = words[0];
  const isKnown = catalogue.some(({ name, alias }) => name === first || alias === first);
  return first !== undefined && (isKnown || Object.hasOwn(groups, first)) ? [first] : [];
}

/** A command and all below it. */
function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
