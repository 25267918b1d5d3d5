import * as z from 'zod/mini';
import { isPattern, patternLimits } from '../access/pattern.ts';
import { rights } from '../access/right.ts';
import { limits, maybe, name, timestamp } from './fields.ts';
import { pageCursor, pageLimit } from './list.ts';

const time = () => z.iso.datetime();

/** How many clusters, and how many namespaces, a key may name. */
const most = 100;

function list(entry: z.ZodMiniType<string, string>, description: string) {
  const schema = z.array(entry).check(z.minLength(1), z.maxLength(most));
  z.globalRegistry.add(schema, { description });
  return schema;
}

const pattern = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(patternLimits.pattern, { abort: true }),
    z.refine(isPattern, { error: 'holds white space or a control character, which no namespace does' }),
  );
z.globalRegistry.add(pattern, { pattern: '^[^\\s\\u0000-\\u001f\\u007f-\\u009f]+$' });

const may = z.array(z.enum(rights)).check(z.minLength(1), z.maxLength(rights.length));
z.globalRegistry.add(may, {
  description:
    'What the key may do: the access classes of operations. `act` without `read` finds nothing to act on.',
});

export const createKeyBody = z
  .object({
    name: name(limits.source, 'What the key is for; it stands beside what was done with it.'),
    clusters: maybe(
      list(
        name(limits.name, 'A cluster’s name, or `*`.'),
        'The clusters that it reaches; `*` is all of them. The caller’s own when absent.',
      ),
    ),
    namespaces: list(
      pattern,
      'The namespaces that it reaches: names in which `*` stands for any characters; `*` alone is all of them.',
    ),
    may,
    expiresAt: maybe(timestamp('When it ends to be valid; never when absent.')),
  })
  .check(
    z.refine((key) => !key.may.includes('admin') || key.namespaces.includes('*'), {
      path: ['namespaces'],
      error: 'does not hold *, without which admin gives nothing',
    }),
  );

export const apiKey = z.object({
  id: z.string(),
  name: z.string(),
  clusters: z.array(z.string()),
  namespaces: z.array(z.string()),
  may: z.array(z.enum(rights)),
  createdBy: z.nullable(z.string()),
  createdAt: time(),
  expiresAt: z.nullable(time()),
  /** To the minute. */
  lastUsedAt: z.nullable(time()),
  revokedAt: z.nullable(time()),
  revokedBy: z.nullable(z.string()),
});
export type ApiKey = z.infer<typeof apiKey>;

/** The only answer that has the key itself. */
export const newKey = z.extend(apiKey, { key: z.string() });

const keyId = z.string().check(z.regex(/^[a-z0-9]{8,32}$/, { error: 'is not the id of a key' }));
export const keyParams = z.object({ id: keyId });

export const keysQuery = z.object({ limit: z.optional(pageLimit), cursor: z.optional(pageCursor) });
export const keyPage = z.object({ data: z.array(apiKey), nextCursor: z.nullable(z.string()) });
export type KeyPage = z.infer<typeof keyPage>;
