import * as z from 'zod/mini';
import { url } from '../../core/contract/fields.ts';
import { parseSelector } from '../controllers/selector.ts';
import { duration, surroundings } from '../controllers/settings.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export const logFormats = ['json', 'pretty'] as const;

const path = z.string().check(
  z.minLength(1),
  z.refine((value) => !value.includes('\0'), { error: 'is not a path' }),
);

const namespaceName = z.string().check(
  z.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'is not the name of a namespace: up to 63 lower case letters, digits and hyphens',
  }),
);

/** A Lease's name, which is a DNS name. */
const objectName = z.string().check(
  z.regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, {
    error: 'is not the name of an object: lower case letters, digits, hyphens and dots',
  }),
);

const between = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));

const kiteUrl = url.check(
  z.refine((value) => isAddress(value), {
    error: 'holds a user, a query or a fragment; give the address alone, such as https://kite.example.com',
  }),
);

function isAddress(value: string): boolean {
  if (!URL.canParse(value)) {
    return true;
  }
  const { username, password, search, hash } = new URL(value);
  return `${username}${password}${search}${hash}` === '';
}

/** A token must not be read on its way; what stays on the machine is not on its way. */
function isPrivate(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

const kite = z
  .strictObject({
    /** Where Kite is; `/api/v1/reports` is added. */
    url: z._default(kiteUrl, 'http://127.0.0.1:8080'),
    /** A file with the bearer token, read again for every batch. */
    tokenFile: z.optional(path),
    /** A file with certificates (PEM) to trust besides the usual ones, read again when it has changed. */
    caFile: z.optional(path),
  })
  .check(
    z.refine((value) => value.tokenFile === undefined || isPrivate(value.url), {
      path: ['tokenFile'],
      error: 'would be sent unencrypted to another machine; give kite.url as https://…',
    }),
  );

const namespaces = z
  .strictObject({
    /** Only these, each watched by itself; all when empty. */
    names: z._default(z.array(namespaceName), []),
    /** Only those whose labels it selects; needs to watch namespaces, and the whole cluster. */
    selector: z.optional(
      z.string().check(
        z.refine((value) => parseSelector(value) !== null, {
          error: 'is not a label selector such as app=a,tier!=b,env in (c,d)',
        }),
      ),
    ),
    /** Never these. */
    excluded: z._default(z.array(namespaceName), []),
  })
  .check(
    z.refine((value) => value.names.length === 0 || value.selector === undefined, {
      path: ['selector'],
      error: 'cannot be given beside names, which would win; give one of the two',
    }),
    z.refine(({ names, excluded }) => names.length === 0 || names.some((name) => !excluded.includes(name)), {
      path: ['excluded'],
      error: 'leaves none of the names: nothing would be watched',
    }),
  );

/** Everything that the file says, but for what each controller alone is told: see `Config.controllers`. */
export const schema = z.strictObject({
  ...surroundings.shape,
  kite: z.prefault(kite, {}),
  /** Those that are listed run, unless they say `enabled: false`. */
  controllers: z._default(z.record(z.string(), z.unknown()), {}),
  namespaces: z.prefault(namespaces, {}),
  /** After this time everything is listed and observed again. */
  resync: z._default(duration, 36_000_000),
  journal: z.prefault(
    z.strictObject({
      directory: z.optional(path),
      /** How many reports may be kept, dead letters included. */
      mostReports: z._default(between(100, 10_000_000), 200_000),
      /** How many megabytes of reports may be kept, dead letters included. */
      mostMegabytes: z._default(between(1, 1_000_000), 1_024),
    }),
    {},
  ),
  lease: z.prefault(
    z.strictObject({
      /** Whether replicas agree on who observes; yes in a pod, no elsewhere, where there is one of it. */
      enabled: z.optional(z.boolean()),
      name: z._default(objectName, 'kite-operator'),
      /** That of the pod, or of the kubeconfig's context, when absent. */
      namespace: z.optional(namespaceName),
    }),
    {},
  ),
  server: z.prefault(
    z.strictObject({
      /** An address to listen on for health and metrics; 127.0.0.1 when absent, and in a pod every address. */
      host: z.optional(z.string().check(z.minLength(1))),
      /** 0: any free one. */
      port: z._default(between(0, 65_535), 8081),
    }),
    {},
  ),
  log: z.prefault(
    z.strictObject({
      level: z._default(z.enum(logLevels), 'info'),
      /** `json` when absent, and `pretty` on a terminal. */
      format: z.optional(z.enum(logFormats)),
    }),
    {},
  ),
  /** How long sending may go on after SIGTERM. */
  grace: z._default(duration, 20_000),
});
