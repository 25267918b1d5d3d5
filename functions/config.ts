import { resolve } from 'node:path';
import * as z from 'zod/mini';
import { ConfigError } from '../core/config-error.ts';
import { limits } from '../core/contract/fields.ts';
import type { OperationId } from '../core/contract/operations.ts';
import { type AccessConfig, readAccess } from './access/config.ts';
import { defaultDataDirectory } from './data-directory.ts';
import { isLoopback } from './loopback.ts';
import { about, defaulted, duration, integer, oneOf, optional, parseInteger } from './variable.ts';

export type WebhookName = {
  [Id in OperationId]: Id extends `webhooks.${infer Name}` ? Name : never;
}[OperationId];

const webhookNames = [
  'pipeline-failure',
  'pipeline-success',
  'mintmaker-custom',
  'release-failure',
  'release-success',
] as const satisfies readonly WebhookName[];
const databaseAuths = ['password', 'iam'] as const;
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const logFormats = ['json', 'pretty'] as const;

/** Everything that the environment decides. Durations are in milliseconds. */
export interface Config {
  /** 0: any free one. */
  readonly port: number;
  /** A loopback address or `localhost`, unless `access` is there. */
  readonly host: string;
  /** Who is let in, and what they may do; undefined: nobody is asked who they are. */
  readonly access: AccessConfig | undefined;
  /** Where metrics and probes are answered; 0: on any free port. Undefined: nowhere. */
  readonly metricsPort: number | undefined;
  /** Absent: the embedded database in `dataDirectory`. */
  readonly databaseUrl: string | undefined;
  /** With what a connection says who it is: the password of `databaseUrl`, or a token made for it. */
  readonly databaseAuth: (typeof databaseAuths)[number];
  /** An absolute path. */
  readonly dataDirectory: string;
  readonly databaseConnections: number;
  readonly databaseTimeout: number;
  readonly requestTimeout: number;
  readonly shutdownTimeout: number;
  /** How long requests are taken after the signal to stop. */
  readonly drainDelay: number;
  readonly maxInFlight: number;
  /** The cluster of reports that name none. */
  readonly cluster: string;
  /** Holds the placeholder `{run}` and may hold `{namespace}`. */
  readonly logsUrl: string | undefined;
  readonly historyDays: number;
  /** Whether a database is taken that a newer release has migrated. */
  readonly acceptsNewer: boolean;
  readonly namespaceCheck: boolean;
  readonly webhooksDisabled: ReadonlySet<WebhookName>;
  /** Whose metrics these are. */
  readonly service: string;
  readonly logLevel: (typeof logLevels)[number];
  readonly logFormat: (typeof logFormats)[number];
}

function parseDatabaseUrl(text: string): string | undefined {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  return parsed?.protocol === 'postgres:' || parsed?.protocol === 'postgresql:' ? text : undefined;
}

function parseLogsUrl(text: string): string | undefined {
  const filled = text.replaceAll('{namespace}', 'n').replaceAll('{run}', 'r');
  const isUrl = /^https?:\/\/[^\s{}]+$/i.test(filled) && URL.canParse(filled) && filled.length <= limits.url;
  return isUrl && text.includes('{run}') ? text : undefined;
}

function parseWebhooks(text: string): ReadonlySet<WebhookName> | undefined {
  const asked = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (asked.includes('all')) {
    return asked.length === 1 ? new Set(webhookNames) : undefined;
  }
  const known = webhookNames.filter((name) => asked.includes(name));
  return new Set(asked).size === known.length ? new Set(known) : undefined;
}

const switches: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['off', false],
  ['false', false],
]);

const schema = z.object({
  PORT: integer('a port', 0, 65_535, {
    default: '8080',
    meaning: 'TCP port to listen on; 0 takes any free one.',
  }),
  HOST: defaulted('is not an address', (text) => (text.includes('\0') ? undefined : text), {
    default: '127.0.0.1',
    meaning: 'Address to listen on: 127.0.0.0/8, ::1 or localhost; with KITE_ACCESS any.',
  }),
  KITE_ACCESS: optional('is empty', (text) => text, {
    default: '',
    meaning:
      'Who is let in and what they may do, as JSON or the path of a JSON file; see security.md. When absent, nobody is asked who they are.',
    secret: true,
  }),
  KITE_METRICS_PORT: optional('is not a port between 0 and 65535', parseInteger(0, 65_535), {
    default: '',
    meaning:
      'TCP port on the address of HOST for /metrics, /livez and /readyz, which ask for no token; 0 takes any free one. With it, a database that does not answer at the start is waited for.',
  }),
  DATABASE_URL: optional('is not a URL that begins with postgres:// or postgresql://', parseDatabaseUrl, {
    default: '',
    meaning:
      'The Postgres database, as postgres://user:password@host/name; when absent, an embedded one in KITE_DATA.',
    secret: true,
  }),
  KITE_DATABASE_AUTH: defaulted(`is not one of ${databaseAuths.join(', ')}`, oneOf(databaseAuths), {
    default: 'password',
    meaning:
      'How Kite says at the database who it is: with the password of DATABASE_URL, or with iam, behind an RDS Proxy, by a token that is made with the AWS credentials of the environment for each connection.',
  }),
  KITE_DATA: optional('is not a path', (text) => (text.includes('\0') ? undefined : resolve(text)), {
    default:
      '$XDG_DATA_HOME/kite, else ~/.local/share/kite (macOS: ~/Library/Application Support/kite; root: /var/lib/kite)',
    meaning: 'Folder of the embedded database; created when absent.',
  }),
  KITE_DATABASE_CONNECTIONS: integer('a number of connections', 1, 100, {
    default: '10',
    meaning: 'Connections to the database at most, 1 to 100.',
  }),
  KITE_DATABASE_TIMEOUT: duration({
    default: '5s',
    meaning: 'How long one statement, or one attempt to connect, may take.',
  }),
  KITE_REQUEST_TIMEOUT: duration({
    default: '10s',
    meaning: 'How long a request may be worked on before it is answered with 503.',
  }),
  KITE_SHUTDOWN_TIMEOUT: duration({
    default: '10s',
    meaning: 'How long running requests may take to finish after SIGTERM.',
  }),
  KITE_DRAIN_DELAY: duration(
    {
      default: '0',
      meaning:
        'How long requests are still taken after SIGTERM, each answered with Connection: close, while /readyz says no: as long as balancers take to see that.',
    },
    0,
  ),
  KITE_MAX_IN_FLIGHT: integer('a number of requests', 1, 100_000, {
    default: '1000',
    meaning: 'Requests at work at the same time; those beyond are answered with 503.',
  }),
  KITE_CLUSTER: defaulted(
    `is not a name of at most ${limits.name} characters`,
    (text) => (text.length <= limits.name && text.isWellFormed() && !text.includes('\0') ? text : undefined),
    { default: 'local', meaning: 'Name of the cluster for reports that name none.' },
  ),
  KITE_LOGS_URL: optional(
    'is not an http or https URL with the placeholder {run} and no other than {namespace} beside it',
    parseLogsUrl,
    {
      default: '',
      meaning:
        'Where the log of a run is, such as https://logs.example.com/{namespace}/{run}: the link of a pipeline failure that has a runId and no logsUrl.',
    },
  ),
  KITE_HISTORY_DAYS: integer('a number of days', 7, 400, {
    default: '180',
    meaning: 'Days for which reports and events are kept, 7 to 400.',
  }),
  KITE_NEWER_DATABASE: defaulted('is not one of refuse, accept', oneOf(['refuse', 'accept']), {
    default: 'refuse',
    meaning:
      'What is done with a database that a newer release has migrated: refuse to start, or accept it, to go back to the release before; see deploy.md.',
  }),
  KITE_NAMESPACE_CHECK: defaulted('is neither on nor off', (text) => switches.get(text.toLowerCase()), {
    default: 'on',
    meaning:
      'Whether a list must name its namespace, and a request is refused whose ?namespace= is not the namespace that it reads or writes: on or off.',
  }),
  KITE_WEBHOOKS_DISABLED: optional(
    `is not a comma-separated list of ${webhookNames.join(', ')}, or the word all`,
    parseWebhooks,
    { default: '', meaning: `Webhooks to switch off, comma-separated: ${webhookNames.join(', ')}; or all.` },
  ),
  KITE_SERVICE: defaulted(
    'is not a name of at most 100 characters from a-z, A-Z, 0-9, . _ and -',
    (text) => (/^[\w.-]{1,100}$/.test(text) ? text : undefined),
    {
      default: 'kite',
      meaning: 'Name of this installation, by which the metrics of functions are told apart.',
    },
  ),
  LOG_LEVEL: defaulted(`is not one of ${logLevels.join(', ')}`, oneOf(logLevels), {
    default: 'info',
    meaning: `What is logged: ${logLevels.join(', ')}.`,
  }),
  LOG_FORMAT: optional(`is not one of ${logFormats.join(', ')}`, oneOf(logFormats), {
    default: 'pretty on a terminal, else json',
    meaning: 'How it is logged: json or pretty.',
  }),
});

const secrets: ReadonlySet<string> = new Set(
  Object.entries(schema.shape).flatMap(([name, field]) => (about.get(field)?.secret === true ? [name] : [])),
);

/** What the environment may say, in the order of the documentation; an empty default means that there is none. */
export const configVariables: readonly {
  readonly name: string;
  readonly default: string;
  readonly meaning: string;
}[] = Object.entries(schema.shape).map(([name, field]) => {
  const { default: value = '', meaning = '' } = about.get(field) ?? {};
  return { name, default: value, meaning };
});

/**
 * Reads the configuration. White space around a value does not count, and an empty variable is an absent one.
 * @param isTTY whether the log goes to a terminal
 * @param isRoot whether root asks, whose home the database's own user cannot enter
 * @throws ConfigError naming all that is wrong
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  isTTY = false,
  isRoot = false,
): Config {
  const given = new Map(
    Object.keys(schema.shape)
      .map((name) => [name, env[name]?.trim() ?? ''] as const)
      .filter(([, text]) => text !== ''),
  );
  const read = schema.safeParse(Object.fromEntries(given));
  const problems = read.success ? [] : read.error.issues.map((issue) => problem(issue, given));
  const access = accessOf(given, env, problems);
  if (read.data?.KITE_DATABASE_AUTH === 'iam') {
    problems.push(...tokenProblems(read.data.DATABASE_URL));
  }
  const dataDirectory = read.data?.KITE_DATA ?? defaultDataDirectory(env, isRoot);
  if (dataDirectory === undefined && !given.has('KITE_DATA') && !given.has('DATABASE_URL')) {
    problems.push('KITE_DATA: is absent and this user has no home folder; name a folder for the database');
  }
  if (!read.success || problems.length > 0) {
    const names = Object.keys(schema.shape);
    const place = (line: string): number => names.indexOf(line.split(':', 1)[0] ?? '');
    throw new ConfigError(problems.sort((a, b) => place(a) - place(b)));
  }
  const values = read.data;
  return {
    port: values.PORT,
    host: values.HOST,
    access,
    metricsPort: values.KITE_METRICS_PORT,
    databaseUrl: values.DATABASE_URL,
    databaseAuth: values.KITE_DATABASE_AUTH,
    dataDirectory: dataDirectory ?? resolve('.kite'),
    databaseConnections: values.KITE_DATABASE_CONNECTIONS,
    databaseTimeout: values.KITE_DATABASE_TIMEOUT,
    requestTimeout: values.KITE_REQUEST_TIMEOUT,
    shutdownTimeout: values.KITE_SHUTDOWN_TIMEOUT,
    drainDelay: values.KITE_DRAIN_DELAY,
    maxInFlight: values.KITE_MAX_IN_FLIGHT,
    cluster: values.KITE_CLUSTER,
    logsUrl: values.KITE_LOGS_URL,
    historyDays: values.KITE_HISTORY_DAYS,
    acceptsNewer: values.KITE_NEWER_DATABASE === 'accept',
    namespaceCheck: values.KITE_NAMESPACE_CHECK,
    webhooksDisabled: values.KITE_WEBHOOKS_DISABLED ?? new Set(),
    service: values.KITE_SERVICE,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT ?? (isTTY ? 'pretty' : 'json'),
  };
}

/** A token opens the database to whoever has it: it goes to no server but the one that proves its name. */
function tokenProblems(databaseUrl: string | undefined): readonly string[] {
  if (databaseUrl === undefined) {
    return ['KITE_DATABASE_AUTH: "iam" needs a DATABASE_URL'];
  }
  const { searchParams, username, password } = new URL(databaseUrl);
  return [
    ...(searchParams.get('sslmode') === 'verify-full'
      ? []
      : ['DATABASE_URL: its value (not shown) does not say ?sslmode=verify-full, which "iam" needs']),
    ...(username !== '' && password === ''
      ? []
      : ['DATABASE_URL: its value (not shown) does not name a user without a password, as "iam" needs']),
  ];
}

/** Without access control only this machine may reach it. */
function accessOf(
  given: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): AccessConfig | undefined {
  const text = given.get('KITE_ACCESS');
  if (text === undefined) {
    const host = given.get('HOST');
    if (host !== undefined && !isLoopback(host)) {
      problems.push(
        `HOST: ${JSON.stringify(shorten(host))} is not a loopback address: as long as Kite checks nobody’s identity, it listens on 127.0.0.0/8, ::1 or localhost only; set KITE_ACCESS`,
      );
    }
    return undefined;
  }
  try {
    return readAccess(text, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    problems.push(...error.problems.map((line) => `KITE_ACCESS: ${line}`));
    return undefined;
  }
}

function problem(issue: z.core.$ZodIssue, given: ReadonlyMap<string, string>): string {
  const name = String(issue.path[0]);
  return secrets.has(name)
    ? `${name}: its value (not shown) ${issue.message}`
    : `${name}: ${JSON.stringify(shorten(given.get(name)))} ${issue.message}`;
}

function shorten(text = ''): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
