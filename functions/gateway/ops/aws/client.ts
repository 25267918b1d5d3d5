import type { Place } from './arguments.ts';

/** Milliseconds. */
const connectionPatience = 10_000;

/**
 * The configuration of a client. Nothing is sent a second time: what was asked for may have been done. And an answer takes
 * as long as it takes: the time-out is the function's.
 */
export function clientConfig({ region, endpoint }: Place) {
  return {
    maxAttempts: 1,
    requestHandler: { connectionTimeout: connectionPatience, requestTimeout: 0, socketTimeout: 0 },
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  };
}

/** What is loaded only by the commands that need it; a container image has no packages. */
export async function loadAws<Module>(load: () => Promise<Module>): Promise<Module> {
  // It tells of versions of Node that later versions of it will need; this one is pinned.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  try {
    return await load();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new Error('This command needs a checkout of Kite: run it there, by npm run ops.', {
        cause: error,
      });
    }
    throw error;
  }
}

const credentialNames = new Set(['CredentialsProviderError', 'TokenProviderError']);
const refusedNames = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'ExpiredTokenException',
  'ExpiredToken',
]);

/** What went wrong between here and AWS, in a sentence that says what to do. */
export function explain(error: unknown, what: string, { endpoint }: Place): string {
  const { name, message, code } = partsOf(error);
  if (credentialNames.has(name)) {
    return `There are no AWS credentials here: sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID. ${message}`;
  }
  if (/^Region (is missing|not accepted: region="")/.test(message)) {
    return 'There is no region: say --region, or set AWS_REGION.';
  }
  if (refusedNames.has(name)) {
    return `AWS does not take these credentials; they may be of another account, or over: ${message}`;
  }
  if (name === 'ResourceNotFoundException') {
    return `There is no ${what} in this account and region; is --stack right? ${message}`;
  }
  if (name === 'TooManyRequestsException' || name === 'ThrottlingException') {
    return `${what} has no room for a further call now; try again in a moment. ${message}`;
  }
  if (name.startsWith('AccessDenied')) {
    return `These credentials may not do this to ${what}: ${message}`;
  }
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || name === 'TimeoutError') {
    return `${endpoint ?? 'AWS'} cannot be reached: ${message}`;
  }
  return message;
}

function partsOf(error: unknown): { readonly name: string; readonly message: string; readonly code: string } {
  if (!(error instanceof Error)) {
    return { name: '', message: String(error), code: '' };
  }
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  const told = error.message === '' && inner instanceof Error ? inner.message : error.message;
  return { name: error.name, message: told, code: 'code' in error ? String(error.code) : '' };
}
