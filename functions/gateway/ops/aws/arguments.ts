import { parseArgs } from 'node:util';
import { type OperationId, operations } from '../../../../core/contract/operations.ts';

/** Where the functions are. */
export interface Place {
  readonly stack: string;
  /** Undefined: as the environment or the profile says. */
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
}

/** What an operation is called with; each value of a repeated name by itself. */
export interface Call {
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: readonly (readonly [string, string])[];
  /** JSON; `-` is standard input. */
  readonly body: string | undefined;
}

export type FunctionsCommand = { readonly place: Place } & (
  | { readonly verb: 'help' }
  | { readonly verb: 'call'; readonly operation: OperationId; readonly call: Call }
  | { readonly verb: 'invoke'; readonly functionName: string; readonly payload: string | undefined }
  | { readonly verb: 'migrate'; readonly check: boolean }
  | {
      readonly verb: 'tail';
      readonly functionName: string;
      /** Milliseconds before now. */
      readonly since: number;
      readonly follow: boolean;
    }
);

/** The command line is not understood; the message says why. */
export class UsageError extends Error {}

const options = {
  stack: { type: 'string' },
  region: { type: 'string' },
  'endpoint-url': { type: 'string' },
  path: { type: 'string', multiple: true },
  query: { type: 'string', multiple: true },
  header: { type: 'string', multiple: true },
  body: { type: 'string' },
  payload: { type: 'string' },
  check: { type: 'boolean' },
  since: { type: 'string' },
  follow: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

/** Which options each command has beside those that say where. */
const own: Readonly<Record<string, readonly (keyof Values)[]>> = {
  call: ['path', 'query', 'header', 'body'],
  invoke: ['payload'],
  migrate: ['check'],
  tail: ['since', 'follow'],
};
const everywhere: readonly (keyof Values)[] = ['stack', 'region', 'endpoint-url', 'help'];

/** @throws UsageError */
export function readFunctionsCommand(args: readonly string[]): FunctionsCommand {
  const { values, positionals } = parse(args);
  const [verb = '', name, ...more] = positionals;
  const place: Place = {
    stack: values.stack ?? 'kite-prod',
    region: values.region,
    endpoint: values['endpoint-url'],
  };
  if (values.help === true) {
    return { verb: 'help', place };
  }
  const isOperation = verb === 'invoke' && name !== undefined && Object.hasOwn(operations, name);
  const isRaw = values.payload !== undefined;
  refuseOthers(isOperation && !isRaw ? 'call' : verb, values);
  if (verb === 'migrate') {
    if (name !== undefined) throw new UsageError(`migrate takes no ${name}`);
    return { verb, place, check: values.check === true };
  }
  if (name === undefined || name === '' || more.length > 0) {
    throw new UsageError(`${verb} takes one operation or function`);
  }
  const functionName = nameOf(name, place.stack);
  if (verb === 'tail') {
    return {
      verb,
      place,
      functionName,
      since: duration(values.since ?? '10m'),
      follow: values.follow === true,
    };
  }
  if (!isOperation || isRaw) {
    return { verb: 'invoke', place, functionName, payload: values.payload };
  }
  const call: Call = {
    path: Object.fromEntries(pairs('--path', values.path)),
    query: pairs('--query', values.query),
    headers: pairs('--header', values.header),
    body: values.body,
  };
  return { verb: 'call', place, operation: name as OperationId, call };
}

/** `issues.list` and `scheduled/words` are of the stack; what begins with its name is whole already. */
function nameOf(name: string, stack: string): string {
  return name.startsWith(`${stack}-`) ? name : `${stack}-${name.replaceAll(/[./]/g, '-')}`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function refuseOthers(command: string, values: Values): void {
  const may = [...everywhere, ...(own[command] ?? [])];
  const other = (Object.keys(values) as (keyof Values)[]).find((name) => !may.includes(name));
  if (other !== undefined) {
    throw new UsageError(`--${other} says nothing to this command`);
  }
}

function pairs(option: string, texts: readonly string[] = []): (readonly [string, string])[] {
  return texts.map((text) => {
    const mark = text.indexOf('=');
    if (mark < 1) {
      throw new UsageError(`${option} ${text} is not NAME=VALUE`);
    }
    return [text.slice(0, mark), text.slice(mark + 1)];
  });
}

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function duration(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') {
    throw new UsageError(`--since ${text} is not a duration such as 30s, 10m, 2h or 1d`);
  }
  return Number(digits) * units[unit];
}
