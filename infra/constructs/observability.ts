import {
  aws_cloudwatch_actions as actions,
  aws_cloudwatch as cloudwatch,
  aws_iam as iam,
  Stack,
  aws_sns as sns,
  aws_sns_subscriptions as subscriptions,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { DeployConfig } from '../config.ts';
import { type Watch, watchApi, watchDatabase, watchFunctions, watchReports } from './alarms.ts';
import { dashboard } from './dashboard.ts';
import type { Watched } from './watched.ts';

export interface ObservabilityProps extends Watched {
  readonly config: DeployConfig['alarms'];
}

/** Tells somebody what is wrong, and where it is written what to do. */
export class Observability extends Construct {
  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { config } = props;
    const topic = new sns.Topic(this, 'Topic', { enforceSSL: true, displayName: Stack.of(this).stackName });
    // A policy of one's own takes the place of the usual one, by which alarms may publish.
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (config.email !== undefined) {
      topic.addSubscription(new subscriptions.EmailSubscription(config.email));
    }
    const watches: readonly Watch[] = [
      ...watchApi(props.api),
      ...watchFunctions(props),
      ...(props.database === undefined ? [] : watchDatabase(props.database)),
      ...watchReports(this, config.silentHours),
    ];
    const action = new actions.SnsAction(topic);
    const alarms = watches.map(({ name, means, metric, ...rest }) => {
      const alarm = new cloudwatch.Alarm(this, name, {
        alarmName: `${Stack.of(this).stackName}-${name}`,
        alarmDescription: `${means} ${config.runbook}#${sectionOf(name)}`,
        metric,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        ...rest,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
    dashboard(this, 'Dashboard', { ...props, alarms });
  }
}

/** The anchor of its section. */
function sectionOf(alarm: string): string {
  return alarm.replace(/-.*/, '').toLowerCase();
}
