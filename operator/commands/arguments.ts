import { parseArgs } from 'node:util';

/** Where the cluster and the configuration are. */
export interface Where {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly config: string | undefined;
}

export interface DeadLetterCommand {
  readonly name: 'dead-letter';
  readonly verb: 'list' | 'show' | 'retry' | 'drop';
  /** The first characters of ids, or all. */
  readonly which: readonly string[] | 'all';
  readonly isJson: boolean;
  readonly config: string | undefined;
}

export type Command =
  | { readonly name: 'help' | 'version' }
  | ({ readonly name: 'run' } & Where)
  | ({ readonly name: 'once'; readonly isJson: boolean } & Where)
  | ({ readonly name: 'dry-run'; readonly isOnce: boolean; readonly isJson: boolean } & Where)
  | DeadLetterCommand;

/** The message says in a sentence what is wrong with the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const options = {
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  config: { type: 'string' },
  once: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

type Option = keyof typeof options;
type Values = ReturnType<typeof parse>['values'];

const verbs = ['list', 'show', 'retry', 'drop'] as const;

/**
 * @param env may name a configuration file (`KITE_OPERATOR_CONFIG`), which an option overrides
 * @throws UsageError
 */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): Command {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    return { name: 'help' };
  }
  if (values.version === true) {
    return { name: 'version' };
  }
  const fromEnvironment = env.KITE_OPERATOR_CONFIG === '' ? undefined : env.KITE_OPERATOR_CONFIG;
  const config = filled(values, 'config') ?? fromEnvironment;
  const [first, ...rest] = positionals;
  if (first === 'dead-letter') {
    return deadLetter(values, rest, config);
  }
  if (first !== undefined) {
    throw new UsageError(`"${first}" is not a command; the only one is dead-letter.`);
  }
  forbid(values, ['all'], 'stands only after dead-letter retry and drop');
  const where = {
    kubeconfig: filled(values, 'kubeconfig'),
    context: filled(values, 'context'),
    config,
  };
  const [isOnce, isDry, isJson] = [values.once === true, values['dry-run'] === true, values.json === true];
  if (isJson && !isOnce && !isDry) {
    throw new UsageError('--json goes with --once, --dry-run and dead-letter.');
  }
  if (isDry) {
    return { name: 'dry-run', isOnce, isJson, ...where };
  }
  return isOnce ? { name: 'once', isJson, ...where } : { name: 'run', ...where };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // What follows the first sentence explains how to pass such a word all the same.
    throw new UsageError(`${message.split('. ')[0]?.replace(/\.$/, '')}.`);
  }
}

function deadLetter(values: Values, words: readonly string[], config: string | undefined): DeadLetterCommand {
  const [given, ...ids] = words;
  const verb = verbs.find((each) => each === given);
  if (verb === undefined) {
    const wrong =
      given === undefined ? 'dead-letter needs a verb' : `"${given}" is not a verb of dead-letter`;
    throw new UsageError(`${wrong}: ${verbs.join(', ')}.`);
  }
  forbid(values, ['kubeconfig', 'context', 'once', 'dry-run'], 'does not go with dead-letter');
  const isAll = values.all === true;
  if (verb === 'list' && (ids.length > 0 || isAll)) {
    throw new UsageError('dead-letter list lists all of them: it takes neither ids nor --all.');
  }
  if (verb === 'show' && (ids.length !== 1 || isAll)) {
    throw new UsageError('dead-letter show takes one id.');
  }
  if ((verb === 'retry' || verb === 'drop') && ids.length > 0 === isAll) {
    throw new UsageError(`dead-letter ${verb} takes ids, or --all.`);
  }
  const which = isAll || verb === 'list' ? 'all' : ids;
  return { name: 'dead-letter', verb, which, isJson: values.json === true, config };
}

function forbid(values: Values, names: readonly Option[], why: string): void {
  const found = names.find((name) => values[name] !== undefined);
  if (found !== undefined) {
    throw new UsageError(`--${found} ${why}.`);
  }
}

function filled(values: Values, name: 'kubeconfig' | 'context' | 'config'): string | undefined {
  if (values[name] === '') {
    throw new UsageError(`--${name} is empty.`);
  }
  return values[name];
}
