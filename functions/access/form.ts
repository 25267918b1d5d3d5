import * as z from 'zod/mini';
import { isPattern, patternLimits } from '../../core/access/pattern.ts';
import { rights } from '../../core/access/right.ts';
import { limits } from '../../core/contract/fields.ts';
import { isLoopback } from '../loopback.ts';

const text = (most: number = limits.url) =>
  z.string().check(
    z.minLength(1),
    z.maxLength(most),
    z.refine((value) => value.trim() === value && !value.includes('\0') && value.isWellFormed(), {
      error: 'begins or ends with white space, or is no plain text',
    }),
  );

const many = <T extends z.ZodMiniType>(of: T, least: number) =>
  z.array(of).check(z.minLength(least), z.maxLength(1000));

/** Tokens and answers go over this: in the clear only within this machine. */
function safeUrl(text: string): URL | undefined {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    parsed?.protocol === 'https:' ||
    (parsed?.protocol === 'http:' && isLoopback(parsed.hostname.replace(/^\[|\]$/g, '')));
  return isSafe && parsed?.username === '' && parsed.password === '' ? parsed : undefined;
}

const url = z.pipe(
  text(),
  z.transform((value: string, context): URL => {
    const parsed = safeUrl(value);
    if (parsed === undefined) {
      context.issues.push({
        code: 'custom',
        message: 'is not an https URL without a user (http is for this machine only)',
        input: value,
      });
      return z.NEVER;
    }
    return parsed;
  }),
);

const number = (least: number, most: number, otherwise: number) =>
  z._default(z.number().check(z.gte(least), z.lte(most)), otherwise);

const integer = (least: number, most: number, otherwise: number) =>
  z._default(z.int().check(z.gte(least), z.lte(most)), otherwise);

/** `*` is a name of no cluster: it stands for all of them. */
const clusterName = text(limits.name).check(
  z.refine((value) => value !== '*', { error: 'is *, which stands for every cluster' }),
);

const pem = z.string().check(z.minLength(1), z.maxLength(1024 * 1024));
const authorities = { ca: z.optional(pem), caFile: z.optional(text()) };

const cluster = z.strictObject({
  name: clusterName,
  url,
  ...authorities,
  /** What its tokens say in `iss`. */
  issuers: many(text(), 1),
  audiences: z._default(many(text(), 0), []),
  /** The token to ask with: in a file that is read again as it changes, in an environment variable, or in a secret on AWS. */
  tokenFile: z.optional(text()),
  tokenVariable: z.optional(text()),
  tokenSecret: z.optional(
    text().check(
      z.regex(/^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+$/, {
        error: 'is not the ARN of a secret in Secrets Manager',
      }),
    ),
  ),
  default: z._default(z.boolean(), false),
});

/** Signed with one of two keys; with a shared secret whoever can check a token could make one. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const;

const issuer = z
  .strictObject({
    /** As actors show it: `gitlab:group/project`. */
    name: text(50).check(
      z.refine((value) => /^[a-z0-9][a-z0-9.-]*$/.test(value) && value !== 'key' && value !== 'system', {
        error: 'is not a word of small letters, digits, dots and dashes, or is key or system',
      }),
    ),
    issuer: text(),
    audiences: many(text(), 1),
    jwks: z.optional(url),
    ...authorities,
    algorithms: z._default(many(z.enum(algorithms), 1), ['RS256', 'ES256']),
    actor: z._default(text(), 'sub'),
  })
  .check(
    z.refine(({ issuer: place, jwks }) => jwks !== undefined || safeUrl(place) !== undefined, {
      path: ['issuer'],
      error:
        'is not an https URL (http is for this machine only), under which its keys could be looked up; name them with jwks',
    }),
  );

const claimPattern = text(patternLimits.pattern);
const namespacePattern = text(patternLimits.pattern).check(
  z.refine(isPattern, { error: 'holds white space, which no namespace does' }),
);

/** Claims that every token of an issuer fulfils that is let in at all, or that say nothing of whose it is. */
const common: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti']);

const rule = z
  .strictObject({
    issuer: text(),
    match: z.record(text(), claimPattern).check(
      z.refine(
        (match) => Object.entries(match).some(([claim, one]) => !common.has(claim) && /[^*]/.test(one)),
        {
          error: 'holds no pattern that says anything: it would let in everybody whom the issuer knows',
        },
      ),
    ),
    clusters: many(text(limits.name), 1),
    namespaces: many(namespacePattern, 1),
    may: many(z.enum(rights), 1),
  })
  .check(
    z.refine(({ may, namespaces }) => !may.includes('admin') || namespaces.includes('*'), {
      path: ['namespaces'],
      error: 'does not hold *, without which admin gives nothing',
    }),
  );

const attributes = z.strictObject({
  verb: text(),
  group: z._default(z.string(), ''),
  resource: text(),
  subresource: z.optional(text()),
});

/** What a cluster is asked about, as RBAC words it. */
export type Attributes = {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
};

const issues = (verb: string): Attributes[] => [{ verb, group: 'kite.konflux-ci.dev', resource: 'issues' }];
const asks = (otherwise: Attributes[]) => z._default(many(attributes, 1), otherwise);

/** What KITE_ACCESS says. */
export const accessText = z.strictObject({
  clusters: z._default(many(cluster, 0), []),
  issuers: z._default(many(issuer, 0), []),
  rules: z._default(many(rule, 0), []),
  keys: z._default(z.boolean(), true),
  compat: z._default(z.boolean(), true),
  ask: z.prefault(
    z.strictObject({
      read: asks([{ verb: 'get', group: '', resource: 'pods' }]),
      report: asks(issues('create')),
      act: asks(issues('update')),
      admin: asks(issues('*')),
    }),
    {},
  ),
  cache: z.prefault(
    z.strictObject({
      allowedSeconds: number(0, 300, 10),
      deniedSeconds: number(0, 300, 3),
      entries: integer(100, 1_000_000, 10_000),
    }),
    {},
  ),
  limits: z.prefault(
    z.strictObject({
      requestsPerSecond: number(0.001, 1_000_000, 200),
      burst: integer(1, 1_000_000, 400),
      atOnce: integer(1, 100_000, 64),
      refusedPerSecond: number(0.01, 1000, 10),
      refusedBurst: integer(5, 100_000, 100),
    }),
    {},
  ),
  timeoutSeconds: number(0.05, 30, 2.5),
});

export type AccessText = z.output<typeof accessText>;
export type Cluster = AccessText['clusters'][number];
export type Issuer = AccessText['issuers'][number];
