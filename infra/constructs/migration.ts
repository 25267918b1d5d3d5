import {
  CfnResource,
  Duration,
  type aws_lambda as lambda,
  aws_logs as logs,
  RemovalPolicy,
  Stack,
  triggers,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { workSizes } from '../capacity.ts';

export interface MigrationProps {
  readonly migrate: lambda.Function;
  /** What must be there for it to work. */
  readonly after: readonly Construct[];
  /** Functions whose code changes only when it has worked. */
  readonly before: readonly lambda.Function[];
  readonly logDays: number;
}

/**
 * Runs the migrations inside of the deployment, once for each change of them. When one fails, the deployment fails with
 * its sentence, and no other function has changed.
 */
export class Migration extends Construct {
  constructor(scope: Construct, id: string, { migrate, after, before, logDays }: MigrationProps) {
    super(scope, id);
    const trigger = new triggers.Trigger(this, 'Trigger', {
      handler: migrate,
      // Less than the function may take: a reason is the function's own.
      timeout: Duration.seconds(workSizes.migrate.seconds - 30),
      executeAfter: [...after],
      executeBefore: [...before],
    });
    // Made before the CDK's function first writes to it, or it would be kept for ever.
    trigger.executeAfter(
      new logs.LogGroup(this, 'Log', {
        logGroupName: `/aws/lambda/${provider(this).ref}`,
        retention: logDays,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    );
  }
}

/** The CDK's own function that invokes the migration. */
function provider(scope: Construct): CfnResource {
  const handler = Stack.of(scope)
    .node.findChild('AWSCDK.TriggerCustomResourceProviderCustomResourceProvider')
    .node.findChild('Handler');
  if (!CfnResource.isCfnResource(handler)) {
    throw new Error('The CDK has no function that invokes the migration.');
  }
  return handler;
}
