import { parseArgs } from 'node:util';
import type * as z from 'zod/mini';
import { createKeyBody, keyParams } from '../../../core/contract/keys.ts';
import { toProblems } from '../../http/problems.ts';

export const usage = `Makes, lists and revokes API keys at the database: that of DATABASE_URL, else the embedded one in KITE_DATA.

  ops keys create --name NAME --may RIGHT [--may RIGHT …] --namespace PATTERN [--namespace PATTERN …]
                  [--cluster NAME … ] [--days N]
  ops keys list
  ops keys revoke ID

RIGHT is read, report, act or admin; admin needs --namespace '*'. A PATTERN is a name in which * stands for any characters.
Without --cluster the key reaches KITE_CLUSTER; --cluster '*' is all clusters. Without --days it does not expire.
The key is printed once, on standard output; nothing else is.
`;

/** What is asked for on the command line. */
export type Command =
  | { readonly verb: 'help' }
  | { readonly verb: 'list' }
  | { readonly verb: 'revoke'; readonly id: string }
  | { readonly verb: 'create'; readonly key: z.output<typeof createKeyBody> };

const day = 86_400_000;

/**
 * @param now milliseconds since 1970
 * @throws Error whose message says what is wrong with the command line
 */
export function readCommand(args: readonly string[], now: number): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      may: { type: 'string', multiple: true },
      namespace: { type: 'string', multiple: true },
      cluster: { type: 'string', multiple: true },
      days: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [noun, verb, id, ...more] = positionals;
  if (values.help === true || positionals.length === 0) {
    return { verb: 'help' };
  }
  const { name, may, namespace, cluster, days } = values;
  const isBare = Object.keys(values).length === 0;
  if (noun === 'keys' && more.length === 0) {
    if (verb === 'list' && id === undefined && isBare) {
      return { verb };
    }
    if (verb === 'revoke' && isBare) {
      return { verb, id: valid('ID', keyParams, { id }).id };
    }
    if (verb === 'create' && id === undefined) {
      const expiresAt = days === undefined ? undefined : new Date(now + wholeDays(days) * day).toISOString();
      const rights = may?.flatMap((text) => text.split(','));
      return {
        verb,
        key: valid('key', createKeyBody, {
          name,
          may: rights,
          namespaces: namespace,
          clusters: cluster,
          expiresAt,
        }),
      };
    }
  }
  throw new Error(`there is no ${positionals.join(' ')} with these options; --help says what there is`);
}

function valid<T extends z.ZodMiniType>(what: string, schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const problems = toProblems(what, parsed.error.issues).map(({ path, message }) => `${path} ${message}`);
    throw new Error(problems.join('\n'));
  }
  return parsed.data;
}

function wholeDays(text: string): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days < 1) {
    throw new Error('--days is a whole number from 1 on');
  }
  return days;
}
