import { Duration, type aws_lambda as lambda, triggers } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { workSizes } from '../capacity.ts';

export interface MigrationProps {
  readonly migrate: lambda.Function;
  /** What must be there for it to work. */
  readonly after: readonly Construct[];
  /** Functions whose code changes only when it has worked. */
  readonly before: readonly lambda.Function[];
}

/**
 * Runs the migrations inside of the deployment, once for each change of them. When one fails, the deployment fails with
 * its sentence, and no other function has changed.
 */
export class Migration extends Construct {
  constructor(scope: Construct, id: string, { migrate, after, before }: MigrationProps) {
    super(scope, id);
    new triggers.Trigger(this, 'Trigger', {
      handler: migrate,
      // Less than the function may take: a reason is the function's own.
      timeout: Duration.seconds(workSizes.migrate.seconds - 30),
      executeAfter: [...after],
      executeBefore: [...before],
    });
  }
}
