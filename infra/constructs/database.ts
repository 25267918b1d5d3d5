import { createHash } from 'node:crypto';
import {
  ArnFormat,
  Duration,
  aws_ec2 as ec2,
  aws_iam as iam,
  aws_logs as logs,
  RemovalPolicy,
  aws_rds as rds,
  Stack,
  type aws_secretsmanager as secretsmanager,
  Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { databaseConnections, proxyPercent } from '../capacity.ts';
import { instanceMemory, type ManagedDatabase } from '../config.ts';
import type { Network } from './network.ts';

/** `kite_owner` changes the schema and drops history; `kite_app` reads and writes rows. */
export type DatabaseUser = 'kite_owner' | 'kite_app';

const port = 5432;
const databaseName = 'kite';
const exportedLogs = ['postgresql', 'upgrade'] as const;
/** RDS withdraws minors in time; docs/deploy.md says how this is raised. */
const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17_9 });

export interface DatabaseProps {
  readonly network: Network;
  readonly config: ManagedDatabase;
  readonly logDays: number;
}

/** Postgres that nothing reaches but the proxy, and the proxy that nothing reaches but the functions. */
export class Database extends Construct {
  readonly instance: rds.DatabaseInstance;
  readonly proxy: rds.DatabaseProxy;
  /** The password of `kite_app`: the proxy reads it, and the migration gives it to the user. */
  readonly appSecret: secretsmanager.ISecret;
  readonly mostConnections: number;
  /** Of the disk as it is at first. */
  readonly storageBytes: number;
  readonly memoryBytes: number;
  /** Another one when another instance takes its place. */
  readonly instanceIdentifier: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { network, config } = props;
    this.mostConnections = databaseConnections(config.instance);
    this.storageBytes = config.storageGiB * 1024 ** 3;
    this.memoryBytes = instanceMemory[config.instance] * 1024 ** 3;
    this.instanceIdentifier = identifierOf(Stack.of(this).stackName, config.snapshot);
    const group = (name: string, description: string): ec2.SecurityGroup =>
      new ec2.SecurityGroup(this, name, { vpc: network.vpc, description, allowAllOutbound: false });
    const proxyGroup = group('ProxyGroup', 'The proxy of the database of Kite.');
    const instanceGroup = group('InstanceGroup', 'The database of Kite.');
    proxyGroup.connections.allowFrom(network.functions, ec2.Port.tcp(port), 'functions ask the proxy');

    this.instance = this.makeInstance(props, instanceGroup);
    // The CDK's own types disagree about properties that may be absent; so do they elsewhere in infra/.
    this.appSecret = new rds.DatabaseSecret(this, 'AppSecret', {
      username: 'kite_app',
      dbname: databaseName,
    }) as secretsmanager.ISecret;
    const owner = this.instance.secret;
    if (owner === undefined) {
      throw new Error('The database has no secret for kite_owner.');
    }
    this.proxy = new rds.DatabaseProxy(this, 'Proxy', {
      proxyTarget: rds.ProxyTarget.fromInstance(this.instance),
      secrets: [owner, this.appSecret],
      iamAuth: true,
      requireTLS: true,
      vpc: network.vpc,
      vpcSubnets: network.databaseSubnets,
      securityGroups: [proxyGroup],
      maxConnectionsPercent: proxyPercent,
      // Less than a statement may take: a caller is told that the database is busy, and not that it is away.
      borrowTimeout: Duration.seconds(4),
      idleClientTimeout: Duration.minutes(10),
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Nobody but the proxy uses it, in a network without a door; docs/deploy.md says how it is changed.',
    });
  }

  /** Where a function finds the database: no password, it makes a token of its own role. */
  urlFor(user: DatabaseUser): string {
    return `postgres://${user}@${this.proxy.endpoint}:${port}/${databaseName}?sslmode=verify-full`;
  }

  /** That a role may be this user. */
  connecting(user: DatabaseUser): iam.PolicyStatement {
    const { partition, region, account } = Stack.of(this);
    // arn:aws:rds:REGION:ACCOUNT:db-proxy:prx-…
    const proxyId = Stack.of(this).splitArn(
      this.proxy.dbProxyArn,
      ArnFormat.COLON_RESOURCE_NAME,
    ).resourceName;
    return new iam.PolicyStatement({
      actions: ['rds-db:connect'],
      resources: [`arn:${partition}:rds-db:${region}:${account}:dbuser:${proxyId}/${user}`],
    });
  }

  private makeInstance(
    { network, config, logDays }: DatabaseProps,
    group: ec2.SecurityGroup,
  ): rds.DatabaseInstance {
    const { snapshot } = config;
    const { instanceIdentifier } = this;
    const instance = new rds.DatabaseInstance(this, 'Instance', {
      instanceIdentifier,
      engine,
      instanceType: new ec2.InstanceType(config.instance),
      vpc: network.vpc,
      vpcSubnets: network.databaseSubnets,
      securityGroups: [group],
      publiclyAccessible: false,
      port,
      databaseName,
      credentials: rds.Credentials.fromGeneratedSecret('kite_owner'),
      parameters: {
        'rds.force_ssl': '1',
        max_connections: String(this.mostConnections),
        // What takes longer than a second is told, without the values in it.
        log_min_duration_statement: '1000',
        log_parameter_max_length: '0',
        log_parameter_max_length_on_error: '0',
      },
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      allocatedStorage: config.storageGiB,
      maxAllocatedStorage: config.mostStorageGiB,
      multiAz: config.multiAz,
      backupRetention: Duration.days(config.backupDays),
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: false,
      deletionProtection: config.deletionProtection,
      removalPolicy: RemovalPolicy.SNAPSHOT,
      autoMinorVersionUpgrade: true,
      enablePerformanceInsights: true,
      cloudwatchLogsExports: [...exportedLogs],
    });
    for (const name of exportedLogs) {
      // Made before the instance writes to it, or it would be kept for ever.
      const log = new logs.LogGroup(this, `Log-${name}`, {
        logGroupName: `/aws/rds/instance/${instanceIdentifier}/${name}`,
        retention: logDays,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      instance.node.addDependency(log);
    }
    if (snapshot !== undefined) {
      beginWith(instance, snapshot);
    }
    if (!config.multiAz) {
      Validations.of(instance).acknowledge({
        id: 'AwsSolutions-RDS3',
        reason:
          'By configuration: a second instance doubles the price, and senders repeat what was not taken.',
      });
    }
    if (!config.deletionProtection) {
      Validations.of(instance).acknowledge({
        id: 'AwsSolutions-RDS10',
        reason: 'By configuration, for one who is about to remove the stack; a snapshot is taken even so.',
      });
    }
    Validations.of(instance).acknowledge({
      id: 'AwsSolutions-RDS11',
      reason: 'No address outside of this network leads to the port; another number hides nothing.',
    });
    return instance;
  }
}

/** Its own name for each snapshot: CloudFormation makes a new instance before it lets the old one go. */
function identifierOf(stackName: string, snapshot: string | undefined): string {
  return snapshot === undefined
    ? stackName
    : `${stackName}-${createHash('sha256').update(snapshot).digest('hex').slice(0, 8)}`;
}

/** User, name and encryption are then those of the snapshot, and must not be said again. */
function beginWith(instance: rds.DatabaseInstance, snapshot: string): void {
  const resource = instance.node.defaultChild as rds.CfnDBInstance;
  resource.dbSnapshotIdentifier = snapshot;
  for (const property of ['MasterUsername', 'DBName', 'StorageEncrypted']) {
    resource.addPropertyDeletionOverride(property);
  }
}
