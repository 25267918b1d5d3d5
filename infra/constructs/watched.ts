import type { aws_apigateway as apigateway, aws_sqs as sqs } from 'aws-cdk-lib';
import type { Database } from './database.ts';
import type { Handler } from './functions.ts';
import type { Periodic } from './schedule.ts';

/** What alarms and the dashboard look at. */
export interface Watched {
  readonly api: apigateway.RestApi;
  readonly handlers: readonly Handler[];
  readonly periodic: readonly Periodic[];
  /** Undefined where the database is not of this stack. */
  readonly database: Database | undefined;
  readonly deadLetters: sqs.Queue;
}
