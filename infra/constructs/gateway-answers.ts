import { aws_apigateway as apigateway } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type ErrorCode, errorTable } from '../../core/errors.ts';
import { kiteError } from './kite-error.ts';

const { ResponseType } = apigateway;

/** What API Gateway refuses or fails at by itself, and what that is called here. */
const answers: readonly (readonly [apigateway.ResponseType, ErrorCode])[] = [
  [ResponseType.MISSING_AUTHENTICATION_TOKEN, 'route_not_found'],
  [ResponseType.RESOURCE_NOT_FOUND, 'route_not_found'],
  // Only where there is no route does API Gateway look at Authorization, and expects a signature there.
  [ResponseType.INVALID_SIGNATURE, 'route_not_found'],
  [ResponseType.BAD_REQUEST_BODY, 'invalid_request'],
  [ResponseType.BAD_REQUEST_PARAMETERS, 'invalid_request'],
  [ResponseType.UNAUTHORIZED, 'unauthenticated'],
  [ResponseType.ACCESS_DENIED, 'forbidden'],
  [ResponseType.WAF_FILTERED, 'forbidden'],
  [ResponseType.REQUEST_TOO_LARGE, 'payload_too_large'],
  [ResponseType.UNSUPPORTED_MEDIA_TYPE, 'unsupported_media_type'],
  [ResponseType.THROTTLED, 'rate_limited'],
  [ResponseType.QUOTA_EXCEEDED, 'rate_limited'],
  // The function was ended or cut off at its work.
  [ResponseType.INTEGRATION_FAILURE, 'outcome_unknown'],
  [ResponseType.INTEGRATION_TIMEOUT, 'outcome_unknown'],
  // Lambda refused to start a container; API Gateway calls no other refusal so that this stack can cause.
  [ResponseType.API_CONFIGURATION_ERROR, 'outcome_unknown'],
];

/** What is not named above keeps the status that API Gateway gives it. */
const others: readonly (readonly [apigateway.ResponseType, ErrorCode])[] = [
  [ResponseType.DEFAULT_4XX, 'invalid_request'],
  // A function that ended without an answer is among them, and it may have written.
  [ResponseType.DEFAULT_5XX, 'outcome_unknown'],
];

const retryAfterSeconds = 2;

/** The answers of API Gateway itself, in the one error format. */
export class GatewayAnswers extends Construct {
  constructor(scope: Construct, id: string, api: apigateway.RestApi) {
    super(scope, id);
    for (const [type, code] of [...answers, ...others]) {
      new apigateway.GatewayResponse(this, type.responseType, {
        restApi: api as apigateway.IRestApi,
        type,
        ...(answers.some(([named]) => named === type) && { statusCode: String(errorTable[code].status) }),
        responseHeaders: {
          'x-request-id': 'context.requestId',
          ...(errorTable[code].retryable && { 'Retry-After': `'${retryAfterSeconds}'` }),
        },
        templates: { 'application/json': kiteError(code) },
      });
    }
  }
}
