import {
  Duration,
  aws_lambda_destinations as destinations,
  aws_events as events,
  aws_lambda as lambda,
  aws_sqs as sqs,
  aws_events_targets as targets,
  Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface Periodic {
  /** What follows `scheduled-` in the function's name. */
  readonly name: string;
  readonly every: Duration;
  readonly lambda: lambda.Function;
}

/** Work by the clock; what fails in spite of retries is kept where an alarm sees it. */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, { periodic, deadLetters }: ScheduleProps) {
    super(scope, id);
    for (const { name, every, lambda: handler } of periodic) {
      // Of an event that never reached the function; one that the function failed at is the function's own to give up.
      const target = new targets.LambdaFunction(handler, {
        deadLetterQueue: deadLetters,
        retryAttempts: retries,
        maxEventAge: Duration.hours(1),
      });
      new events.Rule(this, name, { schedule: events.Schedule.rate(every), targets: [target] });
      new lambda.EventInvokeConfig(this, `${name}-failures`, {
        function: handler,
        retryAttempts: retries,
        maxEventAge: Duration.hours(1),
        onFailure: new destinations.SqsDestination(deadLetters),
      });
    }
  }
}

export interface ScheduleProps {
  readonly periodic: readonly Periodic[];
  readonly deadLetters: sqs.Queue;
}

const retries = 2;

/** Events that nobody could work on, for two weeks. */
export function deadLetterQueue(scope: Construct, id: string): sqs.Queue {
  const queue = new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'It is itself where dead letters go.',
  });
  return queue;
}
