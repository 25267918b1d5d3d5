/** What the stack of production holds that must not be lost by a change of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Operation } from '../../core/contract/operation.ts';
import { operations } from '../../core/contract/operations.ts';
import { readTemplate, useSynth } from './synth.ts';

const synth = useSynth();
let template: Template;
beforeAll(() => {
  template = synth.template('prod');
});
const { resources, only } = readTemplate(() => template);
type Resource = ReturnType<typeof resources>[number][1];

/** Functions by what follows the name of the stack; without that of the CDK. */
function functions(): Map<string, Resource> {
  return new Map(
    resources('AWS::Lambda::Function').flatMap(([, resource]) => {
      const name: unknown = resource.Properties.FunctionName;
      return typeof name === 'string' ? [[name.replace('kite-prod-', ''), resource] as const] : [];
    }),
  );
}

it('has room for more: a stack may have 500 resources', () => {
  const { length } = Object.keys((template.toJSON() as { Resources: object }).Resources);
  console.log(`resources: ${length} of 500`);
  expect(length).toBeLessThan(400);
});

describe('functions', () => {
  it('are one for each operation, and those that work for nobody who waits', () => {
    expect([...functions().keys()].sort()).toEqual(
      [
        ...Object.keys(operations).map((id) => id.replace('.', '-')),
        ...['database-migrate', 'database-key', 'scheduled-retention', 'scheduled-words'],
      ].sort(),
    );
  });

  it('run on arm64 and the runtime of today, are traced, and have a log that ends', () => {
    for (const [name, { Properties }] of functions()) {
      expect(Properties, name).toMatchObject({
        Architectures: ['arm64'],
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
      });
    }
    for (const [name, { Properties }] of resources('AWS::Logs::LogGroup')) {
      expect(Properties.RetentionInDays, name).toBe(30);
    }
  });

  it('hold no password, and end before API Gateway gives up', () => {
    for (const [name, { Properties }] of functions()) {
      const { Environment, Timeout } = Properties as unknown as {
        Environment: { Variables: Record<string, unknown> };
        Timeout: number;
      };
      const { DATABASE_URL, KITE_DATABASE_AUTH, KITE_REQUEST_TIMEOUT } = Environment.Variables;
      expect(JSON.stringify(DATABASE_URL), name).toMatch(
        /postgres:\/\/kite_(app|owner)@.*sslmode=verify-full/,
      );
      expect(JSON.stringify(Environment), name).not.toMatch(/resolve:secretsmanager/);
      expect(KITE_DATABASE_AUTH, name).toBe('iam');
      expect(KITE_REQUEST_TIMEOUT, name).toBe(`${Timeout - 1}s`);
      if (Object.hasOwn(operations, name.replace('-', '.'))) {
        expect(Timeout, name).toBeLessThan(29);
      }
    }
  });

  it('are in no network when they ask no database', () => {
    const outside = [...functions()].filter(([, { Properties }]) => Properties.VpcConfig === undefined);
    expect(outside.map(([name]) => name).sort()).toEqual(['openapi-get', 'root-get', 'version-get']);
  });

  it('change only when the migrations have run', () => {
    const [[trigger] = ['']] = resources('Custom::Trigger');
    for (const [name, { DependsOn = [] }] of functions()) {
      if (name === 'database-migrate') continue;
      expect(DependsOn, name).toContain(trigger);
    }
    const [[, { DependsOn = [] }] = ['', { DependsOn: [] }]] = resources('Custom::Trigger') as [
      string,
      Resource,
    ][];
    for (const type of [
      'AWS::RDS::DBInstance',
      'AWS::RDS::DBProxy',
      'AWS::RDS::DBProxyTargetGroup',
      'AWS::EC2::NatGateway',
    ]) {
      expect(DependsOn, type).toContain(resources(type)[0]?.[0]);
    }
  });

  it('cannot want more connections than the proxy has', () => {
    const withDatabase = [...functions().values()].filter(
      ({ Properties }) => Properties.VpcConfig !== undefined,
    );
    const wanted = withDatabase.reduce(
      (sum, { Properties }) => sum + Number(Properties.ReservedConcurrentExecutions),
      0,
    );
    const { max_connections: most } = only('AWS::RDS::DBParameterGroup').Parameters as unknown as {
      max_connections: string;
    };
    const { MaxConnectionsPercent: percent } = only('AWS::RDS::DBProxyTargetGroup')
      .ConnectionPoolConfigurationInfo as unknown as { MaxConnectionsPercent: number };
    console.log(`connections: ${wanted} wanted at most, ${(Number(most) * percent) / 100} of the proxy`);
    expect(wanted).toBeGreaterThan(0);
    expect(wanted).toBeLessThan((Number(most) * percent) / 100);
    expect(() => synth.template('prod', { concurrency: { ingest: 20, read: 4, act: 3, about: 5 } })).toThrow(
      /could want \d+ connections at once, and the proxy of a t4g.small has 135: lower concurrency/,
    );
  });
});

describe('rights', () => {
  interface Statement {
    readonly Effect: string;
    readonly Action: string | string[];
    readonly Resource: unknown;
  }
  /** Where AWS knows nothing narrower, or the CDK wrote it. */
  const star = [
    ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
    ...['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
  ];

  function statements(): [string, Statement][] {
    const documents = [
      ...resources('AWS::IAM::Role').flatMap(([id, { Properties }]) =>
        ((Properties.Policies ?? []) as { PolicyDocument: { Statement: Statement[] } }[]).map(
          ({ PolicyDocument }) => [id, PolicyDocument.Statement] as const,
        ),
      ),
      ...resources('AWS::IAM::Policy').map(
        ([id, { Properties }]) =>
          [id, (Properties.PolicyDocument as unknown as { Statement: Statement[] }).Statement] as const,
      ),
    ];
    return documents.flatMap(([id, all]) => all.map((one): [string, Statement] => [id, one]));
  }

  it('name actions and resources, but where there is nothing narrower', () => {
    expect(statements().length).toBeGreaterThan(100);
    for (const [id, { Effect, Action, Resource }] of statements()) {
      const actions = [Action].flat();
      expect(
        actions.filter((action) => action.includes('*')),
        id,
      ).toEqual([]);
      if (Effect === 'Allow' && [Resource].flat().includes('*')) {
        expect(star, id).toEqual(expect.arrayContaining(actions));
      }
    }
    const managed = resources('AWS::IAM::Role').filter(
      ([, { Properties }]) => Properties.ManagedPolicyArns !== undefined,
    );
    expect(managed.map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'AWSCDKTriggerCustomResourceProviderCustomResourceProviderRole',
      'ApiRestApiCloudWatchRole',
    ]);
  });

  it('let only the migration and the retention be the owner of the database', () => {
    const owners = statements().filter(([, one]) => JSON.stringify(one).includes('/kite_owner'));
    expect(owners.map(([id]) => id.replace(/Role[0-9A-F]{8}$/, '')).sort()).toEqual([
      'databasemigrate',
      'scheduledretention',
    ]);
    const connecting = statements().filter(([, { Action }]) => [Action].flat().includes('rds-db:connect'));
    expect(connecting).toHaveLength(functions().size - 3);
  });

  it('give functions no business with interfaces that Lambda needs for them', () => {
    const denied = statements().filter(([, { Effect }]) => Effect === 'Deny');
    expect(denied).toHaveLength(functions().size - 3);
    for (const [id, one] of denied) expect(JSON.stringify(one), id).toContain('lambda:SourceFunctionArn');
  });

  it('let handlers read the tokens that clusters are asked with, and nothing else', () => {
    const tokenSecret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:one-AbCdEf';
    const access = {
      clusters: [{ name: 'one', url: 'https://one.example.com:6443', issuers: ['https://one'], tokenSecret }],
    };
    const other = synth.template('prod', { access });
    const roles = Object.entries(other.findResources('AWS::IAM::Role')).filter(([, role]) =>
      JSON.stringify(role).includes(tokenSecret),
    );
    const asking = Object.values<Operation>(operations).filter((operation) => operation.access !== 'public');
    expect(roles).toHaveLength(asking.length);
    other.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: Match.arrayWith([Match.objectLike({ FromPort: 6443, ToPort: 6443 })]),
    });
  });
});

describe('the database', () => {
  it('is encrypted, reached over TLS only, backed up, and not lost', () => {
    template.hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
      Properties: {
        Engine: 'postgres',
        EngineVersion: Match.stringLikeRegexp('^17'),
        DBInstanceClass: 'db.t4g.small',
        StorageEncrypted: true,
        PubliclyAccessible: false,
        BackupRetentionPeriod: 14,
        DeletionProtection: true,
        DeleteAutomatedBackups: false,
        MaxAllocatedStorage: 200,
        EnablePerformanceInsights: true,
        EnableCloudwatchLogsExports: ['postgresql', 'upgrade'],
      },
    });
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Parameters: Match.objectLike({ 'rds.force_ssl': '1', max_connections: '150' }),
    });
    template.hasResourceProperties('AWS::RDS::DBProxy', {
      RequireTLS: true,
      Auth: [Match.objectLike({ IAMAuth: 'REQUIRED' }), Match.objectLike({ IAMAuth: 'REQUIRED' })],
    });
  });

  it('is reached by the proxy alone, and that by functions alone', () => {
    const [functionsGroup, proxyGroup, instanceGroup] = ['Functions', 'Proxy', 'Instance'].map(
      (name) => resources('AWS::EC2::SecurityGroup').find(([id]) => id.includes(`${name}Group`))?.[0],
    );
    const rules = resources('AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => [
      JSON.stringify(Properties.SourceSecurityGroupId),
      JSON.stringify(Properties.GroupId),
    ]);
    const id = (group: string | undefined) => expect.stringContaining(`"${group}"`);
    expect(rules).toEqual(
      expect.arrayContaining([
        [id(functionsGroup), id(proxyGroup)],
        [id(proxyGroup), id(instanceGroup)],
      ]),
    );
    expect(rules).toHaveLength(2);
    for (const [name, { Properties }] of resources('AWS::EC2::SecurityGroup')) {
      expect(Properties.SecurityGroupIngress, name).toBeUndefined();
    }
  });

  it('begins with a snapshot where one is named', () => {
    const { database } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../infra/config/prod.json'), 'utf8'),
    );
    const restored = synth.template('prod', { database: { ...database, snapshot: 'kite-before' } });
    const [instance] = Object.values(restored.findResources('AWS::RDS::DBInstance'));
    expect(instance?.Properties).toMatchObject({
      DBSnapshotIdentifier: 'kite-before',
      DBInstanceIdentifier: expect.stringMatching(/^kite-prod-[0-9a-f]{8}$/),
    });
    for (const name of ['MasterUsername', 'DBName', 'StorageEncrypted']) {
      expect(instance?.Properties).not.toHaveProperty(name);
    }
  });
});

describe('the schedule', () => {
  it('keeps what failed where an alarm sees it', () => {
    template.resourceCountIs('AWS::Events::Rule', 2);
    for (const expression of ['rate(1 hour)', 'rate(1 minute)']) {
      template.hasResourceProperties('AWS::Events::Rule', {
        ScheduleExpression: expression,
        Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue(), RetryPolicy: Match.anyValue() })],
      });
    }
    template.allResourcesProperties('AWS::Lambda::EventInvokeConfig', {
      DestinationConfig: { OnFailure: Match.anyValue() },
    });
    template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  });
});
