import { aws_apigateway as apigateway } from 'aws-cdk-lib';
import { type ErrorCode, errorTable } from '../../core/errors.ts';
import { kiteError } from './kite-error.ts';

/** An answer that API Gateway gives without asking a function. */
export interface MockAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** May hold `$context` variables. */
  readonly body?: string;
}

/** API Gateway answers a request of any other type with 415, before it looks at the template. */
const mediaTypes = [
  ...['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
  ...['application/octet-stream', 'application/xml', 'text/xml', 'text/plain'],
];

/** An error in the one format. */
export function kiteAnswer(code: ErrorCode, headers: Readonly<Record<string, string>> = {}): MockAnswer {
  return { status: errorTable[code].status, headers, body: kiteError(code) };
}

/** Answers every method of a resource that nothing else answers. */
export function answerWithoutFunction(
  resource: apigateway.IResource,
  { options, otherwise }: { readonly options: MockAnswer; readonly otherwise: MockAnswer },
): void {
  const isSame = options.status === otherwise.status;
  const status = isSame
    ? `${otherwise.status}`
    : `#if($context.httpMethod == "OPTIONS") ${options.status} #else ${otherwise.status} #end`;
  const answers = isSame ? [otherwise] : [options, otherwise];
  resource.addMethod(
    'ANY',
    new apigateway.MockIntegration({
      passthroughBehavior: apigateway.PassthroughBehavior.NEVER,
      requestTemplates: Object.fromEntries(mediaTypes.map((type) => [type, `{"statusCode": ${status}}`])),
      integrationResponses: answers.map((answer) => ({
        statusCode: String(answer.status),
        // The last one is taken where no other fits.
        ...(answer !== otherwise && { selectionPattern: String(answer.status) }),
        responseParameters: { ...headers(answer, (value) => `'${value}'`), [requestId]: 'context.requestId' },
        ...(answer.body !== undefined && { responseTemplates: { 'application/json': answer.body } }),
      })),
    }),
    {
      methodResponses: answers.map((answer) => ({
        statusCode: String(answer.status),
        responseParameters: { ...headers(answer, () => true), [requestId]: true },
      })),
    },
  );
}

const requestId = 'method.response.header.x-request-id';

function headers<T>({ headers: given }: MockAnswer, value: (header: string) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(given).map(([name, header]) => [`method.response.header.${name}`, value(header)]),
  );
}
