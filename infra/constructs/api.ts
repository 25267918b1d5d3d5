import {
  aws_certificatemanager as acm,
  aws_apigateway as apigateway,
  Duration,
  type aws_lambda as lambda,
  aws_logs as logs,
  RemovalPolicy,
  Size,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Operation } from '../../core/contract/operation.ts';
import type { DeployConfig } from '../config.ts';
import { Firewall } from './firewall.ts';
import { GatewayAnswers } from './gateway-answers.ts';
import { answerWithoutFunction, kiteAnswer } from './mock-answers.ts';

export interface ApiProps {
  readonly routes: readonly { readonly operation: Operation; readonly lambda: lambda.Function }[];
  readonly config: DeployConfig['api'];
  readonly logDays: number;
}

/** The stage: part of every address that API Gateway gives. */
const stageName = 'kite';
/** The longest that API Gateway waits without a raised quota. */
const longest = Duration.seconds(29);
/** Smaller answers are not worth the work. */
const compressedFrom = Size.kibibytes(1);

/** One line for each request, without its query: that may hold what nobody else should read. */
const accessLine = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  ip: '$context.identity.sourceIp',
  userAgent: '$context.identity.userAgent',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  functionMilliseconds: '$context.integration.latency',
  bytes: '$context.responseLength',
  error: '$context.error.responseType',
  functionError: '$context.integration.error',
  trace: '$context.xrayTraceId',
};

/** The REST API: a method for each operation, and Kite's own words for everything else that is asked for. */
export class Api extends Construct {
  readonly restApi: apigateway.RestApi;
  /** Without a slash at its end. */
  readonly url: string;
  /** Where a DNS record for the domain leads; undefined without one. */
  readonly domainTarget: string | undefined;

  constructor(scope: Construct, id: string, { routes, config, logDays }: ApiProps) {
    super(scope, id);
    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      retention: logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const throttle = { rateLimit: config.requestsPerSecond, burstLimit: config.burst };
    const { domain } = config;
    this.restApi = new apigateway.RestApi(this, 'RestApi', {
      restApiName: Stack.of(this).stackName,
      description: 'Kite',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      cloudWatchRole: config.accountLogging,
      // Other APIs of the account log by it too.
      ...(config.accountLogging && { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN }),
      minCompressionSize: compressedFrom,
      disableExecuteApiEndpoint: domain !== undefined,
      ...(domain && {
        domainName: {
          domainName: domain.name,
          certificate: acm.Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
          securityPolicy: apigateway.SecurityPolicy.TLS_1_2,
        },
      }),
      deployOptions: {
        stageName,
        tracingEnabled: true,
        throttlingRateLimit: throttle.rateLimit,
        throttlingBurstLimit: throttle.burstLimit,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLog),
        accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(accessLine)),
      },
    });
    this.url = domain === undefined ? this.restApi.url.replace(/\/$/, '') : `https://${domain.name}`;
    this.domainTarget = this.restApi.domainName?.domainNameAliasDomainName;
    // The stack says the address itself.
    this.restApi.node.tryRemoveChild('Endpoint');
    new GatewayAnswers(this, 'Answers', this.restApi);
    this.addRoutes(routes);
    // Without API keys of API Gateway, since callers have Kite's own: it holds the limits of the stage where one sees
    // and changes them, and is where a key for a sender with a limit of its own would be added.
    this.restApi.addUsagePlan('UsagePlan', {
      throttle,
      apiStages: [{ stage: this.restApi.deploymentStage }],
    });
    if (config.firewall !== undefined) {
      new Firewall(this, 'Firewall', { ...config.firewall, stage: this.restApi.deploymentStage });
    }
    this.acknowledge(config);
  }

  private addRoutes(routes: ApiProps['routes']): void {
    const methods = new Map<string, string[]>();
    for (const { operation, lambda } of routes) {
      const resource = this.restApi.root.resourceForPath(operation.path);
      const integration = new apigateway.LambdaIntegration(lambda, {
        allowTestInvoke: false,
        timeout: longest,
      });
      // HEAD goes where GET goes, as in functions/gateway/router.ts.
      const own = operation.method === 'GET' ? ['GET', 'HEAD'] : [operation.method];
      for (const method of own) resource.addMethod(method, integration);
      methods.set(operation.path, [...(methods.get(operation.path) ?? []), ...own]);
    }
    for (const [path, own] of methods) {
      const allow = [...own, 'OPTIONS'].join(', ');
      answerWithoutFunction(this.restApi.root.resourceForPath(path), {
        options: { status: 204, headers: { Allow: allow } },
        otherwise: kiteAnswer('method_not_allowed', { Allow: allow }),
      });
    }
    // Where no resource is, API Gateway would take a bearer token for a signature and answer 403.
    const unknown = kiteAnswer('route_not_found');
    answerWithoutFunction(this.restApi.root.addResource('{proxy+}'), {
      options: unknown,
      otherwise: unknown,
    });
  }

  private acknowledge({ firewall, accountLogging }: DeployConfig['api']): void {
    const handlers =
      'Handlers check who calls and what is sent: for an issue, that is known only when its row is read.';
    Validations.of(this).acknowledge(
      { id: 'AwsSolutions-APIG2', reason: handlers },
      { id: 'AwsSolutions-APIG4', reason: handlers },
      { id: 'AwsSolutions-COG4', reason: handlers },
      {
        id: 'AwsSolutions-APIG6',
        reason: 'Execution logs would hold tokens; access logs and functions say enough.',
      },
    );
    if (firewall === undefined) {
      Validations.of(this).acknowledge({
        id: 'AwsSolutions-APIG3',
        reason: 'By configuration: a firewall costs more than all of an idle Kite’s requests.',
      });
    }
    if (accountLogging) {
      Validations.of(this).acknowledge({
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
        reason: 'The role is of the account and not of this API; what it must hold is what the service says.',
      });
    }
  }
}
