import type { Entry, Flag } from './vocabulary.ts';

/** A word between single quotes, for any of the shells. */
const quoted = (text: string): string => `'${text.replaceAll("'", '’')}'`;
const functionName = (program: string): string => `_${program.replaceAll(/\W/g, '_')}`;
const long = ({ names }: Flag): string => names.at(-1) ?? '';

/** The flags of all commands, each once, that are followed by a value. */
function valued(entries: readonly Entry[]): readonly Flag[] {
  const seen = new Map<string, Flag>();
  for (const flag of entries.flatMap(({ flags }) => flags)) {
    const before = seen.get(long(flag));
    if (flag.takesValue && (before === undefined || before.words.length < flag.words.length)) {
      seen.set(long(flag), flag);
    }
  }
  return [...seen.values()];
}

const all = (entries: readonly Entry[]): string =>
  valued(entries)
    .flatMap(({ names }) => names)
    .join('|');

export function bash(program: string, entries: readonly Entry[]): string {
  const name = functionName(program);
  const cases = entries.map(
    ({ path, words, flags }) =>
      `    ${path === '' ? '""' : quoted(path)}) words="${words.map(({ word }) => word).join(' ')}"; flags="${flags.flatMap(({ names }) => names).join(' ')}" ;;`,
  );
  const values = valued(entries)
    .filter(({ words }) => words.length > 0)
    .map(
      ({ names, words }) =>
        `    ${names.join('|')}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current")); return ;;`,
    );
  return `# Completes ${program} in bash: source <(${program} completion bash)
${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" words="" flags="" word skip="" i
  COMPREPLY=()
  case "$previous" in
${values.join('\n')}
    --token-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${all(entries)}) return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      ${all(entries)}) skip=1 ;;
      -*) ;;
      *) case "\${path:+$path }$word" in
        ${entries.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join('|')}) path="\${path:+$path }$word" ;;
      esac ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -F ${name} ${program}
`;
}

export function zsh(program: string, entries: readonly Entry[]): string {
  const name = functionName(program);
  const described = (word: string, about: string): string =>
    quoted(`${word.replaceAll(':', '\\:')}:${about.replaceAll(':', '\\:')}`);
  const cases = entries.map(
    ({ path, words, flags }) =>
      `    ${path === '' ? "''" : quoted(path)}) words_here=(${words.map(({ word, about }) => described(word, about)).join(' ')}); flags_here=(${flags.flatMap((flag) => flag.names.map((one) => described(one, flag.about))).join(' ')}) ;;`,
  );
  const values = valued(entries)
    .filter(({ words }) => words.length > 0)
    .map(({ names, words }) => `    ${names.join('|')}) compadd -- ${words.join(' ')}; return ;;`);
  return `#compdef ${program}
# Completes ${program} in zsh: write it to a file called _${program} in a folder of your fpath.
${name}() {
  local at="" word skip="" i
  local -a words_here flags_here
  case "\${words[CURRENT-1]}" in
${values.join('\n')}
    --token-file) _files; return ;;
    ${all(entries)}) return ;;
  esac
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ -n "$skip" ]]; then skip=""; continue; fi
    case "$word" in
      ${all(entries)}) skip=1 ;;
      -*) ;;
      *) case "\${at:+$at }$word" in
        ${entries.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join('|')}) at="\${at:+$at }$word" ;;
      esac ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then _describe option flags_here; else _describe command words_here; fi
}
if [ "$funcstack[1]" = "_${program}" ]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

export function fish(program: string, entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ path, words, flags }) => {
    const [group = '', verb] = path.split(' ');
    const verbs = entries
      .filter((entry) => entry.path.startsWith(`${group} `))
      .map((entry) => entry.path.slice(group.length + 1));
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : verb !== undefined
          ? `__fish_seen_subcommand_from ${group}; and __fish_seen_subcommand_from ${verb}`
          : `__fish_seen_subcommand_from ${group}${verbs.length === 0 ? '' : `; and not __fish_seen_subcommand_from ${verbs.join(' ')}`}`;
    const start = `complete -c ${program} -n ${quoted(condition)}`;
    return [
      ...words.map(({ word, about }) => `${start} -f -a ${word} -d ${quoted(about)}`),
      ...flags.map((flag) => {
        const names = flag.names.map((name) =>
          name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        );
        const value = flag.takesValue
          ? ` -r${flag.words.length > 0 ? ` -f -a ${quoted(flag.words.join(' '))}` : ''}`
          : '';
        return `${start} ${names.join(' ')}${value} -d ${quoted(flag.about)}`;
      }),
    ];
  });
  return `# Completes ${program} in fish: write it to ~/.config/fish/completions/${program}.fish\ncomplete -c ${program} -f\n${lines.join('\n')}\n`;
}
