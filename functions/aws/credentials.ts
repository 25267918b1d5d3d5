/** As whom requests to AWS are signed. */
export interface AwsIdentity {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Absent for keys that do not end. */
  readonly sessionToken?: string;
}

/**
 * Who this process is at AWS, as the environment says: a function is given its role's credentials there, and is gone
 * before they end.
 *
 * @throws Error that names what is missing
 */
export function readAwsIdentity(env: Readonly<Record<string, string | undefined>>): AwsIdentity {
  const read = (...names: readonly string[]): string =>
    names.map((name) => env[name]?.trim() ?? '').find((value) => value !== '') ?? '';
  const region = read('AWS_REGION', 'AWS_DEFAULT_REGION');
  const accessKeyId = read('AWS_ACCESS_KEY_ID');
  const secretAccessKey = read('AWS_SECRET_ACCESS_KEY');
  const sessionToken = read('AWS_SESSION_TOKEN');
  const missing = Object.entries({
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }).flatMap(([name, value]) => (value === '' ? [name] : []));
  if (missing.length > 0) {
    throw new Error(`${missing.join(', ')} is not set: requests to AWS cannot be signed`);
  }
  return { region, accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) };
}
