import aws4 from 'aws4';
import * as z from 'zod/mini';
import { type Asker, createAsker } from '../access/https.ts';
import type { AwsIdentity } from './credentials.ts';

const mostBytes = 256 * 1024;
const found = z.object({ SecretString: z.string().check(z.minLength(1)) });
const refused = z.object({ __type: z.string(), message: z.optional(z.string()) });

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads secrets of Secrets Manager, as the role that this process has. */
export class Secrets {
  readonly #identity: AwsIdentity;
  readonly #endpoint: string | undefined;
  readonly #clock: () => number;
  readonly #call: Asker;

  /**
   * @param options.env may lead elsewhere than to AWS by AWS_ENDPOINT_URL_SECRETS_MANAGER or AWS_ENDPOINT_URL
   * @param options.timeout milliseconds for one question
   * @param options.clock milliseconds since 1970
   */
  constructor(
    identity: AwsIdentity,
    options: { readonly env: Environment; readonly timeout: number; readonly clock: () => number },
  ) {
    const { AWS_ENDPOINT_URL_SECRETS_MANAGER: own, AWS_ENDPOINT_URL: shared } = options.env;
    this.#identity = identity;
    this.#endpoint = own || shared || undefined;
    this.#clock = options.clock;
    this.#call = createAsker({ timeout: options.timeout, mostBytes, connections: 4, waiting: 64 });
  }

  /**
   * The text of a secret, as it is now.
   *
   * @param arn says the region too
   * @throws Error that names the secret and why it cannot be read; it holds nothing of it
   */
  async read(arn: string): Promise<string> {
    const { status, body } = await this.#get(arn);
    const answer = parse(body);
    const secret = found.safeParse(answer);
    if (status === 200 && secret.success) {
      return secret.data.SecretString;
    }
    const complaint = refused.safeParse(answer);
    throw new Error(
      complaint.success
        ? `the secret ${arn} cannot be read: ${complaint.data.__type}: ${(complaint.data.message ?? '').slice(0, 300)}`
        : `the secret ${arn} cannot be read: Secrets Manager answered with ${status}`,
    );
  }

  #get(arn: string) {
    const { region: ownRegion, ...credentials } = this.#identity;
    const [, partition, , region = ownRegion] = arn.split(':');
    const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    const url = new URL(this.#endpoint ?? `https://secretsmanager.${region}.${suffix}/`);
    const body = JSON.stringify({ SecretId: arn });
    const { headers = {} } = aws4.sign(
      {
        host: url.host,
        path: url.pathname,
        method: 'POST',
        service: 'secretsmanager',
        region,
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': 'secretsmanager.GetSecretValue',
          'X-Amz-Date': new Date(this.#clock()).toISOString().replaceAll(/[-:]|\.\d{3}/g, ''),
        },
        body,
      },
      credentials,
    );
    const sent = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
    return this.#call(url, { method: 'POST', headers: Object.fromEntries(sent), body });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
