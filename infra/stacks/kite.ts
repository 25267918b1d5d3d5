import { Annotations, CfnOutput, Fn, Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { portsOf } from '../asked-elsewhere.ts';
import { requireRoom } from '../capacity.ts';
import type { DeployConfig } from '../config.ts';
import { Api } from '../constructs/api.ts';
import { Database } from '../constructs/database.ts';
import { Functions } from '../constructs/functions.ts';
import { Migration } from '../constructs/migration.ts';
import { Network } from '../constructs/network.ts';
import { Observability } from '../constructs/observability.ts';
import { deadLetterQueue, Schedule } from '../constructs/schedule.ts';
import { nextCommands } from '../next-commands.ts';

export interface KiteStackProps {
  readonly config: DeployConfig;
  /** Where the bundles of functions are: `dist/functions`. */
  readonly bundles: string;
}

/** All of Kite on AWS. */
export class KiteStack extends Stack {
  /** Places in the region's list of zones. */
  private readonly zones: readonly number[];

  /** @param id also the name of the stack, and what names of functions begin with */
  constructor(scope: Construct, id: string, { config, bundles }: KiteStackProps) {
    const { account, region, logDays } = config;
    super(scope, id, {
      description: 'Kite: keeps one issue for each thing that blocks a release.',
      tags: { application: 'kite' },
      // A database that cannot be deleted would stop a deletion half way, when the API is gone already.
      terminationProtection: 'instance' in config.database && config.database.deletionProtection,
      ...(account !== undefined && region !== undefined && { env: { account, region } }),
    });
    this.zones = config.zones;
    const { network, database } = this.makeDatabase(config);

    const functions = new Functions(this, { stackName: this.stackName, config, bundles, network, database });
    const handlers = functions.handlers();
    const deadLetters = deadLetterQueue(this, 'DeadLetters');
    const periodic = functions.periodic(deadLetters.queueArn);
    const everyOther = [...handlers, ...periodic, functions.key()].map(({ lambda }) => lambda);
    new Migration(this, 'Migration', {
      migrate: functions.migrate().lambda,
      logDays,
      after: [network, database].filter((part) => part !== undefined),
      before: everyOther,
    });

    const api = new Api(this, 'Api', { routes: handlers, config: config.api, logDays });
    new Schedule(this, 'Schedule', { periodic, deadLetters });
    new Observability(this, 'Observability', {
      config: config.alarms,
      api: api.restApi,
      handlers,
      periodic,
      database,
      deadLetters,
    });

    new CfnOutput(this, 'Url', { value: api.url, description: 'What /api/v1/… follows on.' });
    if (api.domainTarget !== undefined) {
      new CfnOutput(this, 'DomainTarget', {
        value: api.domainTarget,
        description: 'Where the name of the domain leads.',
      });
    }
    for (const [name, command] of Object.entries(nextCommands(this.stackName, api.url))) {
      new CfnOutput(this, name, { value: command });
    }
    this.acknowledgeTrigger();
  }

  /** Zones by their place in the region's list: naming them would need a look-up. */
  override get availabilityZones(): string[] {
    return this.zones.map((index) => Fn.select(index, Fn.getAzs()));
  }

  /** Nothing where the database is given by its URL. */
  private makeDatabase({ database: own, egress, access, concurrency, logDays }: DeployConfig) {
    if ('url' in own) {
      return { network: undefined, database: undefined };
    }
    requireRoom({ concurrency }, own.instance);
    if (concurrency === 'account') {
      Annotations.of(this).addWarningV2(
        'kite:connections',
        'With concurrency "account" nothing holds functions below the connections of the proxy: beyond these, requests wait, and are answered with 503 after four seconds.',
      );
    }
    const network = new Network(this, 'Network', { egress, ports: portsOf(access) });
    return { network, database: new Database(this, 'Database', { network, config: own, logDays }) };
  }

  /** The CDK makes it for the migration, as it makes it for everybody. */
  private acknowledgeTrigger(): void {
    const provider = this.node.findChild('AWSCDK.TriggerCustomResourceProviderCustomResourceProvider');
    Validations.of(provider).acknowledge(
      { id: 'AwsSolutions-IAM4', reason: 'The provider of the CDK itself; it writes its log.' },
      { id: 'AwsSolutions-IAM5', reason: 'Any version of the one migration function.' },
      { id: 'AwsSolutions-L1', reason: 'The provider of the CDK itself, which chooses its runtime.' },
    );
  }
}
