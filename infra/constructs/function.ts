import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Duration,
  aws_iam as iam,
  aws_lambda as lambda,
  aws_logs as logs,
  RemovalPolicy,
  Stack,
  Stage,
  Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Network } from './network.ts';

export interface KiteFunctionProps {
  /** `<noun>/<verb>`: the folder of its bundle. */
  readonly bundle: string;
  /** Where the bundles are. */
  readonly bundles: string;
  readonly description: string;
  /** MB; the share of a processor grows with it. */
  readonly memory: number;
  readonly seconds: number;
  /** Containers at most; undefined: as many as the account has. */
  readonly concurrency: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Files put beside the bundle: name and text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Absent: outside of the network, without a way to the database. */
  readonly network: Network | undefined;
  /** What it may do beside writing its log and its trace. */
  readonly statements: readonly iam.PolicyStatement[];
  readonly logDays: number;
}

/** The newest of Lambda's runtimes that has long-term support. */
const runtime = lambda.Runtime.NODEJS_24_X;

/** What Lambda does to attach a function to a network. */
const attaching = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** A function with a role and a log of its own: it may do what it must, and nothing else. */
export class KiteFunction extends Construct {
  readonly lambda: lambda.Function;
  /** `<noun>-<verb>`. */
  readonly label: string;

  constructor(scope: Construct, id: string, props: KiteFunctionProps) {
    super(scope, id);
    const { network } = props;
    this.label = props.bundle.replace('/', '-');
    const functionName = `${Stack.of(this).stackName}-${this.label}`;
    const logGroup = new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.lambda = new lambda.Function(this, 'Function', {
      functionName,
      description: props.description,
      runtime,
      architecture: lambda.Architecture.ARM_64,
      code: codeOf(this, props),
      handler: 'index.handler',
      memorySize: props.memory,
      timeout: Duration.seconds(props.seconds),
      environment: { ...props.environment },
      logGroup,
      tracing: lambda.Tracing.ACTIVE,
      role: this.makeRole(functionName, logGroup, props).withoutPolicyUpdates(),
      ...(props.concurrency !== undefined && { reservedConcurrentExecutions: props.concurrency }),
      ...(network && {
        vpc: network.vpc,
        vpcSubnets: network.functionSubnets,
        securityGroups: [network.functions],
      }),
    });
  }

  private makeRole(functionName: string, logGroup: logs.LogGroup, props: KiteFunctionProps): iam.Role {
    const statements = [
      new iam.PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
      new iam.PolicyStatement({
        actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
        resources: ['*'],
      }),
      ...props.statements,
    ];
    if (props.network !== undefined) {
      statements.push(
        new iam.PolicyStatement({ actions: attaching, resources: ['*'] }),
        // Lambda attaches the function; the function's own code has no business with interfaces.
        new iam.PolicyStatement({
          effect: iam.Effect.DENY,
          actions: attaching,
          resources: ['*'],
          conditions: { ArnEquals: { 'lambda:SourceFunctionArn': this.arn(functionName) } },
        }),
      );
    }
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${functionName} may do.`,
      inlinePolicies: { own: new iam.PolicyDocument({ statements }) },
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Traces and network interfaces cannot be named before they exist; AWS takes nothing narrower than *.',
    });
    return role;
  }

  /** By its name: the role is made before the function. */
  private arn(functionName: string): string {
    const { partition, region, account } = Stack.of(this);
    return `arn:${partition}:lambda:${region}:${account}:function:${functionName}`;
  }
}

/** The bundle as it was built and tested, and the files beside it. */
function codeOf(scope: Construct, { bundles, bundle, files = {} }: KiteFunctionProps): lambda.Code {
  const built = join(bundles, bundle);
  if (!existsSync(join(built, 'index.mjs'))) {
    throw new Error(`There is no bundle ${built}/index.mjs: run npx tsx build.ts functions.`);
  }
  if (Object.keys(files).length === 0) {
    return lambda.Code.fromAsset(built);
  }
  const complete = join(Stage.of(scope)?.assetOutdir ?? '', 'bundles', bundle);
  cpSync(built, complete, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(complete, name), text);
  return lambda.Code.fromAsset(complete);
}
