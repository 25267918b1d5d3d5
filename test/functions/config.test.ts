import { expect, test } from 'vitest';
import { operations } from '../../core/contract/operations.ts';
import { configVariables, readConfig } from '../../functions/config.ts';
import { problemsIn } from '../support/problems.ts';

const home = { HOME: '/home/ada' };

function problemsOf(env: Record<string, string>): readonly string[] {
  return problemsIn(() => readConfig({ ...home, ...env }));
}

test('an empty environment gives the documented defaults', () => {
  expect(readConfig(home)).toEqual({
    port: 8080,
    host: '127.0.0.1',
    metricsPort: undefined,
    databaseUrl: undefined,
    databaseAuth: 'password',
    dataDirectory:
      process.platform === 'darwin'
        ? '/home/ada/Library/Application Support/kite'
        : '/home/ada/.local/share/kite',
    databaseConnections: 10,
    databaseTimeout: 5000,
    requestTimeout: 10_000,
    shutdownTimeout: 10_000,
    drainDelay: 0,
    maxInFlight: 1000,
    cluster: 'local',
    logsUrl: undefined,
    historyDays: 180,
    acceptsNewer: false,
    namespaceCheck: true,
    webhooksDisabled: new Set(),
    service: 'kite',
    logLevel: 'info',
    logFormat: 'json',
  });
});

test('an empty or blank variable counts as absent', () => {
  const blank = Object.fromEntries(
    configVariables.map(({ name }, index) => [name, index % 2 === 0 ? '' : '  ']),
  );
  expect(readConfig({ ...home, ...blank })).toEqual(readConfig(home));
});

test('every variable arrives', () => {
  const config = readConfig({
    PORT: '0',
    HOST: '::1',
    DATABASE_URL: 'postgresql://kite@db.example.com/kite?sslmode=verify-full',
    KITE_DATABASE_AUTH: 'IAM',
    KITE_DATA: '/srv/kite',
    KITE_ACCESS: '{"compat":false}',
    KITE_METRICS_PORT: '9090',
    KITE_DATABASE_CONNECTIONS: '100',
    KITE_DATABASE_TIMEOUT: '500ms',
    KITE_REQUEST_TIMEOUT: '2m',
    KITE_SHUTDOWN_TIMEOUT: '250',
    KITE_DRAIN_DELAY: '5s',
    KITE_MAX_IN_FLIGHT: '1',
    KITE_CLUSTER: 'prod-east',
    KITE_LOGS_URL: 'https://logs.example.com/ns/{namespace}?run={run}',
    KITE_HISTORY_DAYS: '7',
    KITE_NEWER_DATABASE: 'accept',
    KITE_NAMESPACE_CHECK: 'Off',
    KITE_WEBHOOKS_DISABLED: 'release-failure, mintmaker-custom,',
    KITE_SERVICE: 'kite-prod',
    LOG_LEVEL: 'silent',
    LOG_FORMAT: 'pretty',
  });
  expect(config).toEqual({
    access: expect.objectContaining({ keys: true, compat: false }),
    port: 0,
    host: '::1',
    metricsPort: 9090,
    databaseUrl: 'postgresql://kite@db.example.com/kite?sslmode=verify-full',
    databaseAuth: 'iam',
    dataDirectory: '/srv/kite',
    databaseConnections: 100,
    databaseTimeout: 500,
    requestTimeout: 120_000,
    shutdownTimeout: 250,
    drainDelay: 5000,
    maxInFlight: 1,
    cluster: 'prod-east',
    logsUrl: 'https://logs.example.com/ns/{namespace}?run={run}',
    historyDays: 7,
    acceptsNewer: true,
    namespaceCheck: false,
    webhooksDisabled: new Set(['mintmaker-custom', 'release-failure']),
    service: 'kite-prod',
    logLevel: 'silent',
    logFormat: 'pretty',
  });
});

test('every problem is named, one a line, with what would be right', () => {
  expect(
    problemsOf({
      PORT: 'abc',
      KITE_DATABASE_CONNECTIONS: '0',
      KITE_DATABASE_TIMEOUT: '5 parsecs',
      KITE_REQUEST_TIMEOUT: '0',
      KITE_HISTORY_DAYS: '401',
      KITE_NAMESPACE_CHECK: 'constructor',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
    }),
  ).toEqual([
    'PORT: "abc" is not a port between 0 and 65535',
    'KITE_DATABASE_CONNECTIONS: "0" is not a number of connections between 1 and 100',
    'KITE_DATABASE_TIMEOUT: "5 parsecs" is not a duration from 1ms to 60m, such as 500ms, 5s or 2m; a plain number counts milliseconds',
    'KITE_REQUEST_TIMEOUT: "0" is not a duration from 1ms to 60m, such as 500ms, 5s or 2m; a plain number counts milliseconds',
    'KITE_HISTORY_DAYS: "401" is not a number of days between 7 and 400',
    'KITE_NAMESPACE_CHECK: "constructor" is neither on nor off',
    'LOG_LEVEL: "loud" is not one of trace, debug, info, warn, error, silent',
    'LOG_FORMAT: "xml" is not one of json, pretty',
  ]);
});

test.each(['8080.5', '1e3', '-1', '65536', '0x10'])('the port %s is refused', (port) => {
  expect(problemsOf({ PORT: port })).toEqual([`PORT: "${port}" is not a port between 0 and 65535`]);
});

test('a wrong DATABASE_URL is named, and its value is not shown', () => {
  const [line, ...others] = problemsOf({ DATABASE_URL: 'mysql://root:hunter2@db/kite' });
  expect(others).toEqual([]);
  expect(line).toBe(
    'DATABASE_URL: its value (not shown) is not a URL that begins with postgres:// or postgresql://',
  );
});

test('tokens go only to a database that proves its name, and stand beside no password', () => {
  const iam = (DATABASE_URL: string) => problemsOf({ DATABASE_URL, KITE_DATABASE_AUTH: 'iam' });
  expect(problemsOf({ KITE_DATABASE_AUTH: 'iam' })).toEqual([
    'KITE_DATABASE_AUTH: "iam" needs a DATABASE_URL',
  ]);
  expect(problemsOf({ KITE_DATABASE_AUTH: 'kerberos' })).toEqual([
    'KITE_DATABASE_AUTH: "kerberos" is not one of password, iam',
  ]);
  for (const sslmode of ['', '?sslmode=require', '?sslmode=disable']) {
    expect(iam(`postgres://kite_app@db.example.com/kite${sslmode}`)).toEqual([
      'DATABASE_URL: its value (not shown) does not say ?sslmode=verify-full, which "iam" needs',
    ]);
  }
  for (const user of ['', 'kite_app:hunter2@']) {
    expect(iam(`postgres://${user}db.example.com/kite?sslmode=verify-full`)).toEqual([
      'DATABASE_URL: its value (not shown) does not name a user without a password, as "iam" needs',
    ]);
  }
});

test.each(['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', 'localhost'])(
  'it may listen on %s',
  (host) => {
    expect(readConfig({ ...home, HOST: host }).host).toBe(host);
  },
);

test.each(['0.0.0.0', '::', '192.168.1.4', '127.0.0.1.example.com', 'example.com', '::ffff:10.0.0.1'])(
  'it refuses to listen on %s, since nobody’s identity is checked',
  (host) => {
    expect(problemsOf({ HOST: host })).toEqual([
      expect.stringContaining('as long as Kite checks nobody’s identity'),
    ]);
  },
);

test('with access control it may listen anywhere', () => {
  expect(readConfig({ ...home, HOST: '0.0.0.0', KITE_ACCESS: '{}' }).host).toBe('0.0.0.0');
});

test('a wrong KITE_ACCESS is named beside everything else that is wrong, and its value is not shown', () => {
  expect(problemsOf({ PORT: 'abc', HOST: '0.0.0.0', KITE_ACCESS: '{"keys":"hunter2","more":1}' })).toEqual([
    'PORT: "abc" is not a port between 0 and 65535',
    'KITE_ACCESS: keys is not a boolean',
    'KITE_ACCESS: more is not a setting that there is',
  ]);
});

test('all switches all webhooks off, and they are those of the operations table', () => {
  const all = readConfig({ ...home, KITE_WEBHOOKS_DISABLED: 'all' }).webhooksDisabled;
  const table = Object.keys(operations).flatMap((id) => /^webhooks\.(.+)$/.exec(id)?.[1] ?? []);
  expect([...all].sort()).toEqual(table.sort());
});

test.each(['pipeline-failed', 'all,release-failure', 'release-failure;release-success'])(
  'the webhook list "%s" is refused',
  (list) => {
    expect(problemsOf({ KITE_WEBHOOKS_DISABLED: list })).toEqual([
      expect.stringContaining('pipeline-failure, pipeline-success, mintmaker-custom'),
    ]);
  },
);

test.each([
  'logs.example.com/{run}',
  'https://logs.example.com/',
  'https://logs.example.com/{run}/{pod}',
  'ftp://logs.example.com/{run}',
  'https://logs.example.com/{run} now',
])('the log template %s is refused', (template) => {
  expect(problemsOf({ KITE_LOGS_URL: template })).toHaveLength(1);
});

test('the data folder follows XDG_DATA_HOME unless that is relative, and becomes absolute', () => {
  expect(readConfig({ ...home, XDG_DATA_HOME: '/data' }).dataDirectory).toBe('/data/kite');
  expect(readConfig({ ...home, XDG_DATA_HOME: 'data' })).toEqual(readConfig(home));
  expect(readConfig(home, false, true).dataDirectory).toBe('/var/lib/kite');
  expect(readConfig({ ...home, XDG_DATA_HOME: '/data' }, false, true).dataDirectory).toBe('/data/kite');
  expect(readConfig({ ...home, KITE_DATA: 'here' }).dataDirectory).toBe(`${process.cwd()}/here`);
});

test('without a home folder the embedded database asks for one, another database does not', () => {
  expect(problemsOf({ HOME: 'nowhere' })).toEqual([expect.stringMatching(/^KITE_DATA: is absent/)]);
  expect(problemsOf({ HOME: 'nowhere', DATABASE_URL: 'postgres://db/kite' })).toEqual([]);
});

test('the format of the log follows the terminal unless it is chosen', () => {
  expect(readConfig(home, true).logFormat).toBe('pretty');
  expect(readConfig({ ...home, LOG_FORMAT: 'json' }, true).logFormat).toBe('json');
});

test('every variable has a meaning for the documentation', () => {
  expect(configVariables).toHaveLength(22);
  for (const { name, meaning } of configVariables) {
    expect(meaning, name).toMatch(/^[A-Z].+\.$/);
  }
  expect(configVariables[0]).toEqual({ name: 'PORT', default: '8080', meaning: expect.any(String) });
});
