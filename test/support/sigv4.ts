import { createHash, createHmac } from 'node:crypto';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** A request as a server received it. */
export interface SignedRequest {
  readonly method: string;
  /** Without a query. */
  readonly path: string;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * Checks a request's signature as AWS does (Signature Version 4, by the specification alone).
 *
 * @returns undefined when it is signed with this secret, else what is wrong
 */
export function signatureProblem(
  request: SignedRequest,
  secretAccessKey: string,
  service: string,
): string | undefined {
  const { authorization } = request.headers;
  const [, keyId, date = '', region = '', of, signedHeaders = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      String(authorization),
    ) ?? [];
  const moment = String(request.headers['x-amz-date']);
  if (keyId === undefined || of !== service || !moment.startsWith(date)) {
    return `not a signature for ${service}: ${authorization}`;
  }
  const names = signedHeaders.split(';');
  const unsigned = Object.keys(request.headers).filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !names.includes(name),
  );
  if (unsigned.length > 0) {
    return `not signed: ${unsigned.join(', ')}`;
  }
  const canonical = [
    request.method,
    request.path,
    '',
    ...names.map((name) => `${name}:${String(request.headers[name]).trim().replace(/\s+/g, ' ')}`),
    '',
    signedHeaders,
    sha256(request.body),
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const expected = hmac(key, ['AWS4-HMAC-SHA256', moment, scope, sha256(canonical)].join('\n')).toString(
    'hex',
  );
  return expected === signature ? undefined : 'the signature is of something else';
}
