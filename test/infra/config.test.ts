/** What is wrong with a configuration is said at once, with its path. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/config-error.ts';
import { readDeployConfig } from '../../infra/config.ts';
import { configText } from './configuration.ts';

const prod = JSON.parse(configText('prod')) as Record<string, Record<string, unknown>>;

function problems(changes: Readonly<Record<string, unknown>>, name = 'prod'): readonly string[] {
  try {
    readDeployConfig(JSON.stringify({ ...prod, ...changes }), name);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    return error.problems;
  }
}

describe('a configuration', () => {
  it.each(['prod', 'local'])('%s is right', (name) => {
    expect(() => readDeployConfig(configText(name), name)).not.toThrow();
  });

  it('has all that is wrong with it named at once', () => {
    expect(
      problems({
        colour: 'blue',
        account: '12',
        logDays: 31,
        database: { ...prod.database, instance: 't2.micro', storageGiB: 1.5 },
        concurrency: { ...prod.concurrency, ingest: 0 },
        api: { ...prod.api, domain: { name: 'kite.example.com', certificateArn: 'arn:aws:iam::1:x' } },
      }),
    ).toEqual([
      expect.stringMatching(/^account: is not an account/),
      expect.stringMatching(/^database\.instance: /),
      expect.stringMatching(/^database\.storageGiB: /),
      expect.stringMatching(/^concurrency\.ingest: /),
      expect.stringMatching(/^api\.domain\.certificateArn: is not an ARN of acm/),
      expect.stringMatching(/^logDays: /),
      'colour: is not a setting that there is',
    ]);
  });

  it('names what is missing', () => {
    expect(problems({ database: undefined })).toEqual(['database: is missing']);
    expect(problems({ api: { requestsPerSecond: 1, burst: 1 } })).toEqual(['api.accountLogging: is missing']);
  });

  it('is of one database', () => {
    expect(problems({ database: { url: 'mysql://x' } })).toEqual([
      'database.url: is not a URL that begins with postgres:// or postgresql://',
    ]);
    expect(problems({ database: { ...prod.database, url: 'postgres://x/y' } })).toEqual([
      'database.url: is not a setting that there is',
    ]);
    expect(problems({ database: 'some' })).toEqual([
      'database: is neither a database to make (instance, storageGiB, …) nor one that is there (url)',
    ]);
  });

  it('holds settings against each other', () => {
    expect(problems({ region: 'eu-west-1' })).toEqual([
      'account: is missing; give account and region, or neither',
    ]);
    expect(problems({ database: { ...prod.database, mostStorageGiB: 32, storageGiB: 30 } })).toEqual([
      'database.mostStorageGiB: is not at least a tenth more than database.storageGiB',
    ]);
    expect(problems({ database: { ...prod.database, mostStorageGiB: 33, storageGiB: 30 } })).toEqual([]);
    expect(problems({ zones: [1, 1] })).toEqual(['zones: are not two different ones']);
    const egress = {
      vpcId: 'vpc-0a1b2c3d',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      functionSubnetIds: ['subnet-00000001'],
      databaseSubnetIds: ['subnet-00000002', 'subnet-00000003'],
    };
    expect(problems({ egress })).toEqual(['egress.functionSubnetIds: has 1 subnets for 2 availabilityZones']);
  });

  it('is read as handlers will read it', () => {
    expect(
      problems({
        access: { keys: false, issuer: [] },
        environment: {
          KITE_HISTORY_DAYS: '3',
          KITE_COLOUR: 'blue',
          PORT: '1',
          KITE_METRICS_PORT: '1',
          KITE_DRAIN_DELAY: '1s',
          DATABASE_URL: 'postgres://x/y',
        },
      }),
    ).toEqual([
      'environment.KITE_COLOUR: is not a variable that Kite reads',
      'environment.PORT: is of the gateway, which does not run here',
      'environment.KITE_METRICS_PORT: is of the gateway, which does not run here',
      'environment.KITE_DRAIN_DELAY: is of the gateway, which does not run here',
      'environment.DATABASE_URL: is set by the stack itself',
      'access.issuer: is not a setting that there is',
      'environment.KITE_HISTORY_DAYS: "3" is not a number of days between 7 and 400',
    ]);
  });

  it('asks for no file that functions do not have', () => {
    const cluster = {
      name: 'one',
      url: 'https://one.example.com:6443',
      issuers: ['https://one.example.com'],
    };
    const asked = (more: object) => problems({ access: { clusters: [{ ...cluster, ...more }] } });
    expect(asked({ tokenFile: '/var/run/token' })).toEqual([
      'access.clusters.0.tokenFile: is not there in a function; name a secret by tokenSecret',
    ]);
    expect(asked({ tokenVariable: 'TOKEN' })).toContain(
      'access.clusters.0.tokenVariable: is not there in a function; name a secret by tokenSecret',
    );
    expect(asked({ tokenSecret: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:one-AbCdEf' })).toEqual(
      [],
    );
  });

  it('takes the database of the environment where its own is only an address', () => {
    const url = 'postgres://me@127.0.0.1:5433/other';
    expect(readDeployConfig(configText('local'), 'local', url).database).toEqual({ url });
    expect(readDeployConfig(configText('prod'), 'prod', url).database).not.toHaveProperty('url');
  });

  it.each(['Prod/1', 'a-', 'a--b', '1a', 'a'.repeat(21)])(
    'has a name that names of functions and of databases can begin with: not %s',
    (name) => {
      expect(problems({}, name)).toEqual([
        `config: ${JSON.stringify(name)} is not a short name of small letters`,
      ]);
    },
  );

  it('may have a name of several words', () => {
    expect(problems({}, 'prod-2-eu')).toEqual([]);
  });
});
