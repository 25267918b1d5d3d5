import type { CommandSpec } from '../command.ts';
import { globalOptions } from '../options.ts';

export interface Flag {
  /** `-s` and `--severity`. */
  readonly names: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  /** What the value may be; none where it may be anything. */
  readonly words: readonly string[];
}

export interface Entry {
  /** The command as it is typed; empty for the program itself. */
  readonly path: string;
  /** What may follow: commands, and what a command takes. */
  readonly words: readonly { readonly word: string; readonly about: string }[];
  readonly flags: readonly Flag[];
}

/** What can be typed after each command. */
export function vocabulary(
  commands: readonly CommandSpec[],
  groups: Readonly<Record<string, string>>,
): readonly Entry[] {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const first = new Map<string, string>();
  for (const { name, about } of shown) {
    const [group = '', verb] = name.split(' ');
    first.set(group, verb === undefined ? about : (groups[group] ?? about));
  }
  const common = globalOptions.map((option) => flagOf(option.flags, option.about, option.words));
  const entry = (path: string, words: ReadonlyMap<string, string>, own: readonly Flag[]): Entry => ({
    path,
    words: [...words].map(([word, about]) => ({ word, about })),
    flags: [...own, ...common],
  });
  return [
    entry('', first, []),
    ...[...first.keys()].flatMap((group) => {
      const verbs = shown.filter(({ name }) => name.startsWith(`${group} `));
      if (verbs.length === 0) return [];
      return [
        entry(group, new Map(verbs.map(({ name, about }) => [name.slice(group.length + 1), about])), []),
      ];
    }),
    ...shown.map((spec) => entry(spec.name, argumentWords(spec), flagsOf(spec))),
  ];
}

function argumentWords({ name }: CommandSpec): ReadonlyMap<string, string> {
  return new Map(
    name === 'completion'
      ? [
          ['bash', 'bash'],
          ['zsh', 'zsh'],
          ['fish', 'fish'],
        ]
      : [],
  );
}

function flagsOf({ options = [], formats = ['table', 'json', 'yaml'] }: CommandSpec): readonly Flag[] {
  return [
    ...options
      .filter(({ hidden }) => hidden !== true)
      .map(({ flags, about, words }) => flagOf(flags, about, words)),
    flagOf('-o, --output <format>', 'how it is printed', formats),
  ];
}

function flagOf(flags: string, about: string, words: readonly string[] = []): Flag {
  return {
    names: flags.split(/[ ,]+/).filter((part) => part.startsWith('-')),
    about,
    takesValue: flags.includes('<'),
    words,
  };
}
