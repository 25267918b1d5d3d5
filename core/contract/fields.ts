import * as z from 'zod/mini';
import { issueTypes, severities, states } from '../domain/report.ts';

/** The limits of the contract, in characters unless said otherwise. */
export const limits = {
  name: 500,
  /** Bytes of UTF-8: what a thing is called, its kind and its namespace fit together into one entry of an index. */
  nameBytes: 1500,
  kindBytes: 500,
  namespaceBytes: 506,
  title: 500,
  /** Bytes of UTF-8. */
  description: 64 * 1024,
  url: 2048,
  namespace: 253,
  /** Namespaces of one list. */
  namespaces: 50,
  eventId: 250,
  source: 100,
  labelKey: 200,
  labelValue: 500,
  links: 50,
  labels: 64,
  reports: 500,
  /** Bytes. */
  body: 4 * 1024 * 1024,
  jsonDepth: 32,
  pageSize: 1000,
  offset: 1_000_000,
  relations: 200,
} as const;

/** Text that Postgres and JSON can carry unchanged: no NUL, no half of a surrogate pair. */
function clean(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

const unclean = 'holds a NUL character or half of a surrogate pair; send plain Unicode text';

/** Neither blank nor unclean, which no text is both: one check, since each costs on every field of every report. */
function says(blank: string) {
  return z.refine<string>((value) => value.trim() !== '' && clean(value), {
    error: ({ input }) => (String(input).trim() === '' ? blank : unclean),
  });
}

function describe<T extends z.ZodMiniType>(schema: T, description: string, extra: object = {}): T {
  z.globalRegistry.add(schema, { description, ...extra });
  return schema;
}

/** What `clean` and not being blank are as regular expressions. */
const cleanPattern = '^[^\\u0000]*$';
const namePattern = '^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$';

/** Text that may be empty. */
export function text(max: number, description: string) {
  return describe(
    z.string().check(z.maxLength(max, { abort: true }), z.refine(clean, { error: unclean })),
    description,
    { pattern: cleanPattern },
  );
}

/** Text that says something: not empty, not only white space. */
export function name(max: number, description: string) {
  return describe(
    z
      .string()
      .check(z.minLength(1), z.maxLength(max, { abort: true }), says('is blank; say what it is called')),
    description,
    { pattern: namePattern },
  );
}

/** Whether a text takes no more bytes of UTF-8; a unit of its length takes three at the most. */
function isWithin(text: string, bytes: number): boolean {
  return text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes;
}

/** No more bytes of UTF-8 than an index has room for. */
export function fits(bytes: number) {
  return z.refine<string>((value) => isWithin(value, bytes), {
    error: `is longer than ${bytes} bytes of UTF-8`,
  });
}

/** The name of a thing that an issue is about. */
export function thing(description: string) {
  return describe(
    name(limits.name, '').check(fits(limits.nameBytes)),
    `${description} At most ${limits.nameBytes} bytes of UTF-8.`,
    { pattern: namePattern },
  );
}

/** Long text, limited in bytes of UTF-8. */
export const longText = describe(
  z.string().check(
    z.minLength(1),
    says('is blank; say what happened'),
    z.refine((value) => isWithin(value, limits.description), {
      error: `is longer than ${limits.description} bytes; send its beginning and link to the rest`,
    }),
  ),
  'What happened, up to 64 KiB of UTF-8.',
  { maxLength: limits.description, pattern: namePattern },
);

/** The times that are taken, in milliseconds since 1970. */
export const times = { earliest: 0, latest: Date.parse('9999-12-31T23:59:59.999Z') } as const;
const timePattern =
  '^(19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$';

/** RFC 3339 in, milliseconds since 1970 out; parts of a millisecond are cut off. */
export function timestamp(description: string) {
  return describe(
    z.pipe(
      z.pipe(
        z.iso.datetime({ offset: true, error: 'is not a time such as 2026-01-31T08:00:00Z' }),
        z.transform((value: string) => Date.parse(value)),
      ),
      z.number({ error: 'is not a time such as 2026-01-31T08:00:00Z' }).check(
        z.refine((value) => value >= times.earliest && value <= times.latest, {
          error: 'lies outside of the years 1970 to 9999',
        }),
      ),
    ),
    description,
    { type: 'string', format: 'date-time', pattern: timePattern, examples: ['2026-01-31T08:00:00Z'] },
  );
}

export const url = describe(
  z.string().check(
    z.maxLength(limits.url),
    z.refine((value) => /^https?:\/\/[^\s]+$/i.test(value) && URL.canParse(value) && clean(value), {
      error: 'is not an http or https URL',
    }),
  ),
  'An http or https URL.',
  { format: 'uri', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s\\u0000]+$' },
);

const link = z.object({ title: name(limits.title, 'What is behind the link.'), url });
export const linkList = describe(
  z.array(link).check(z.maxLength(limits.links)),
  'Links to the evidence: logs, commits, pull requests. One a URL; of two with the same URL the first counts.',
);

export const labels = describe(
  z.record(name(limits.labelKey, 'A label’s name.'), text(limits.labelValue, 'A label’s value.')).check(
    z.refine((value) => Object.keys(value).length <= limits.labels, {
      error: `has more than ${limits.labels} labels`,
    }),
    z.refine((value) => value.lifecycle === undefined || isLifecycle(value.lifecycle), {
      error: 'has a lifecycle that is neither development nor production',
    }),
  ),
  'Free labels. `application`, `component`, `lifecycle` (development or production) and `origin` can be asked for by name.',
  { maxProperties: limits.labels, properties: { lifecycle: { enum: ['development', 'production'] } } },
);

export const lifecycles = ['development', 'production'] as const;
function isLifecycle(value: string): boolean {
  return value === 'development' || value === 'production';
}

export const severity = z.enum(severities);
export const issueType = z.enum(issueTypes);
export const state = z.enum(states);

/** As `severity`, but takes the `medium` that today's Go operator sends for what is called minor. */
export const webhookSeverity = describe(
  z.pipe(
    z.enum([...severities, 'medium']),
    z.transform((value: (typeof severities)[number] | 'medium') => (value === 'medium' ? 'minor' : value)),
  ),
  '`medium` is taken as `minor`.',
);

export const namespace = describe(
  name(limits.namespace, '').check(fits(limits.namespaceBytes)),
  `The tenant’s namespace. At most ${limits.namespaceBytes} bytes of UTF-8.`,
  { pattern: namePattern },
);
/** The query of an operation that touches one namespace, which a caller may name to be held to it. */
export const ownNamespace = z.object({
  namespace: z.optional(namespace),
});
const cluster = name(limits.name, 'The cluster; this server’s own when absent.');
export const resourceType = describe(
  z.pipe(
    z.pipe(
      name(limits.name, 'What kind of thing it is.'),
      z.transform((value: string) => value.toLowerCase()),
    ),
    z.string().check(fits(limits.kindBytes)),
  ),
  `What kind of thing it is, such as \`pipelinerun\`, \`application\` or \`component\`; kept in lower case. At most ${limits.kindBytes} bytes of UTF-8.`,
  { pattern: namePattern },
);
export const resourceName = thing('What the thing is called.');

export const scopeInput = z.object({
  resourceType,
  resourceName,
  resourceNamespace: z.optional(
    z.nullable(text(limits.namespace, 'Where the thing is; the issue’s namespace when absent.')),
  ),
});

const eventId = name(
  limits.eventId,
  'Makes the report distinct within its identity and source: the same id again changes nothing.',
);

const run = z.object({
  name: z.optional(z.nullable(text(limits.name, 'The run’s name.'))),
  uid: z.optional(z.nullable(text(limits.name, 'The run’s uid.'))),
});

/** A field that may be left out; null says the same. */
export function maybe<T extends z.ZodMiniType>(schema: T) {
  return z.optional(z.nullable(schema));
}

/** The fields that every webhook and `POST /issues` take beyond what the contract lists. */
export const reportExtras = {
  cluster: maybe(cluster),
  observedAt: maybe(timestamp('When this was seen; now when absent.')),
  subjectCreatedAt: maybe(
    timestamp('When the judged run, release or snapshot was created: what is newer is decided by this.'),
  ),
  eventId: maybe(eventId),
  runId: maybe(text(limits.eventId, 'The run’s name or uid; also the event id where none is given.')),
  run: maybe(run),
  labels: maybe(labels),
  dueAt: maybe(timestamp('When it must be mended.')),
} as const;

export const uuid = describe(
  z.string().check(
    z.regex(/^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/, {
      error: 'is not a UUID such as 018f3c1e-7b2a-7c3d-9e4f-5a6b7c8d9e0f',
    }),
  ),
  'A UUID.',
  { format: 'uuid' },
);
