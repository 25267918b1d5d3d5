import * as z from 'zod/mini';
import { ConfigError } from '../core/config-error.ts';
import { configVariables, readConfig } from '../functions/config.ts';

const name = /^(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const count = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));
const matching = (pattern: RegExp, error: string) => z.string().check(z.regex(pattern, { error }));
const subnets = z
  .array(matching(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'is not the id of a subnet'))
  .check(z.minLength(1));
const arn = (service: string) =>
  matching(new RegExp(`^arn:[a-z-]+:${service}:`), `is not an ARN of ${service}`);

/** Memory of the instance classes to choose from, in GiB: it decides how many connections there are. */
export const instanceMemory = {
  't4g.micro': 1,
  't4g.small': 2,
  't4g.medium': 4,
  't4g.large': 8,
  'm7g.large': 8,
  'm7g.xlarge': 16,
  'r7g.large': 16,
  'r7g.xlarge': 32,
} as const;

type InstanceName = keyof typeof instanceMemory;
const instances = Object.keys(instanceMemory) as [InstanceName, ...InstanceName[]];

/** How handlers reach clusters and issuers: a NAT gateway, not at all, or as a network that is there does it. */
const egress = z.union(
  [
    z.enum(['nat', 'none']),
    z.strictObject({
      vpcId: matching(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'is not the id of a VPC'),
      availabilityZones: z.array(z.string().check(z.minLength(1))).check(z.minLength(2)),
      /** One for each zone, in their order; with a route to whatever handlers must reach. */
      functionSubnetIds: subnets,
      /** One for each zone, in their order. */
      databaseSubnetIds: subnets,
    }),
  ],
  {
    error:
      'is neither nat, none, nor a network with vpcId, availabilityZones, functionSubnetIds and databaseSubnetIds',
  },
);

/** A database of the stack's own. */
const managed = z.strictObject({
  instance: z.enum(instances),
  storageGiB: count(20, 65_536),
  /** Storage grows by itself up to here. */
  mostStorageGiB: count(21, 65_536),
  /** A second instance in another zone that takes over. */
  multiAz: z.boolean(),
  backupDays: count(1, 35),
  deletionProtection: z.boolean(),
  /** The snapshot to begin with: a change of it replaces the database. */
  snapshot: z.optional(z.string().check(z.minLength(1))),
});

/** A database that is there, with its user and password: for trying Kite, not for keeping anything. */
const given = z.strictObject({
  url: matching(/^postgres(ql)?:\/\//, 'is not a URL that begins with postgres:// or postgresql://'),
});

/** Containers that a function may have at once, for each function of a class. */
const concurrency = z.union(
  [
    z.literal('account'),
    z.strictObject({
      ingest: count(1, 500),
      read: count(1, 500),
      act: count(1, 500),
      about: count(1, 500),
    }),
  ],
  { error: 'is neither account nor a number for each of ingest, read, act and about' },
);

const form = z.strictObject({
  /** Where to, when it is not where the credentials lead: both or neither. */
  account: z.optional(matching(/^\d{12}$/, 'is not an account of twelve digits')),
  region: z.optional(matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is not a region')),
  /** KITE_ACCESS, as docs/security.md has it. */
  access: z.record(z.string(), z.unknown()),
  /** Variables of the handlers, as README.md has them. */
  environment: z._default(z.record(z.string(), z.string()), {}),
  egress: z._default(egress, 'nat'),
  /** The two zones of the stack's own network, by their place in the region's list. */
  zones: z._default(z.array(count(0, 9)).check(z.length(2)), [0, 1]),
  database: z.union([managed, given], {
    error: 'is neither a database to make (instance, storageGiB, …) nor one that is there (url)',
  }),
  concurrency,
  api: z.strictObject({
    /** Of the whole API; what is beyond is answered with 429. */
    requestsPerSecond: count(1, 10_000),
    burst: count(1, 5_000),
    /** Whether this stack sets the role by which API Gateway logs: one for the account and region. */
    accountLogging: z.boolean(),
    domain: z.optional(
      z.strictObject({ name: z.string().check(z.minLength(4)), certificateArn: arn('acm') }),
    ),
    /** Requests of one address in five minutes, beyond which the firewall refuses them; absent: no firewall. */
    firewall: z.optional(z.strictObject({ requestsPerFiveMinutes: count(100, 2_000_000) })),
  }),
  alarms: z.strictObject({
    /** Who is written to. Absent: whoever subscribes to the topic. */
    email: z.optional(z.email()),
    /** The page that says what to do; each alarm leads to its section. */
    runbook: z.url(),
    /** Hours without a report after which somebody is told; absent: nobody is. */
    silentHours: z.optional(count(1, 24)),
  }),
  logDays: z.literal([1, 3, 5, 7, 14, 30, 60, 90, 180, 365]),
});

export type DeployConfig = z.output<typeof form>;
export type Egress = DeployConfig['egress'];
export type ManagedDatabase = z.output<typeof managed>;

/** Set by the stack itself. */
const reserved = [
  ...['DATABASE_URL', 'KITE_ACCESS', 'KITE_DATABASE_AUTH', 'KITE_DATABASE_CONNECTIONS'],
  ...['KITE_REQUEST_TIMEOUT', 'KITE_SERVICE'],
];
/** Of the gateway, which does not run here. */
const ofGateway = [
  ...['PORT', 'HOST', 'KITE_DATA', 'KITE_MAX_IN_FLIGHT', 'KITE_SHUTDOWN_TIMEOUT', 'LOG_FORMAT'],
  ...['KITE_METRICS_PORT', 'KITE_DRAIN_DELAY'],
];

/**
 * @param text the JSON of `infra/config/<name>.json`
 * @param databaseUrl replaces `database.url`, where the configuration has one
 * @throws ConfigError naming everything that is wrong, each with its path
 */
export function readDeployConfig(text: string, configName: string, databaseUrl?: string): DeployConfig {
  if (!name.test(configName)) {
    throw new ConfigError([`config: ${JSON.stringify(configName)} is not a short name of small letters`]);
  }
  const parsed = form.safeParse(parse(text), { reportInput: true });
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.flatMap((issue) => complaints(issue)));
  }
  const { database } = parsed.data;
  const config =
    'url' in database && databaseUrl !== undefined
      ? { ...parsed.data, database: { url: databaseUrl } }
      : parsed.data;
  const problems = [...contradictions(config), ...absentInFunctions(config), ...handlersComplaints(config)];
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return config;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError([`it is not valid JSON: ${error instanceof Error ? error.message : error}`]);
  }
}

function complaints(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): string[] {
  const path = [...above, ...issue.path].map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path, key].join('.')}: is not a setting that there is`);
  }
  if (issue.code === 'invalid_union' && typeof issue.input === 'object' && issue.input !== null) {
    // Of an object that is of no form: what is wrong with it as that form which it nearly is.
    const [nearest = []] = [...issue.errors].sort((a, b) => a.length - b.length);
    return nearest.flatMap((inner) => complaints(inner, path));
  }
  const message = issue.input === undefined && issue.code !== 'custom' ? 'is missing' : issue.message;
  return [`${path.join('.') || 'it'}: ${message}`];
}

function contradictions({ account, region, database, egress, zones }: DeployConfig): string[] {
  const problems: string[] = [];
  if ((account === undefined) !== (region === undefined)) {
    problems.push(
      `${account === undefined ? 'account' : 'region'}: is missing; give account and region, or neither`,
    );
  }
  // RDS refuses less.
  if ('instance' in database && database.mostStorageGiB * 10 < database.storageGiB * 11) {
    problems.push('database.mostStorageGiB: is not at least a tenth more than database.storageGiB');
  }
  if (new Set(zones).size !== zones.length) {
    problems.push('zones: are not two different ones');
  }
  if (typeof egress === 'object') {
    const { availabilityZones, functionSubnetIds, databaseSubnetIds } = egress;
    for (const [key, ids] of Object.entries({ functionSubnetIds, databaseSubnetIds })) {
      if (ids.length !== availabilityZones.length) {
        problems.push(
          `egress.${key}: has ${ids.length} subnets for ${availabilityZones.length} availabilityZones`,
        );
      }
    }
  }
  return problems;
}

/** A function has no files but its own, and no variables but those of the stack. */
function absentInFunctions({ access }: DeployConfig): string[] {
  const { clusters } = access;
  return (Array.isArray(clusters) ? clusters : []).flatMap((cluster: unknown, index) =>
    ['tokenFile', 'tokenVariable']
      .filter((setting) => typeof cluster === 'object' && cluster !== null && setting in cluster)
      .map(
        (setting) =>
          `access.clusters.${index}.${setting}: is not there in a function; name a secret by tokenSecret`,
      ),
  );
}

/** What the handlers themselves would say at their start, with this configuration. */
function handlersComplaints({ access, environment, database }: DeployConfig): string[] {
  const problems = Object.keys(environment).flatMap((variable) => {
    if (reserved.includes(variable)) return [`environment.${variable}: is set by the stack itself`];
    if (ofGateway.includes(variable))
      return [`environment.${variable}: is of the gateway, which does not run here`];
    if (!configVariables.some((known) => known.name === variable)) {
      return [`environment.${variable}: is not a variable that Kite reads`];
    }
    return [];
  });
  const url = 'url' in database ? database.url : 'postgres://kite_app@database/kite';
  try {
    readConfig({ ...environment, DATABASE_URL: url, KITE_ACCESS: JSON.stringify(access) });
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    problems.push(...error.problems.map(asSetting));
  }
  return problems;
}

function asSetting(problem: string): string {
  const access = /^KITE_ACCESS: (\S+) (.*)$/s.exec(problem);
  return access === null ? `environment.${problem}` : `access.${access[1]}: ${access[2]}`;
}
