import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { signatureProblem } from './sigv4.ts';

export interface SecretsManager {
  readonly url: string;
  /** By ARN. */
  readonly secrets: Map<string, string>;
  /** Of all questions so far, in order. */
  readonly asked: { readonly arn: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** A server that answers GetSecretValue as Secrets Manager does, to those who sign with this key. */
export async function startSecretsManager(secretAccessKey: string): Promise<SecretsManager> {
  const secrets = new Map<string, string>();
  const asked: { arn: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method = '', url = '', headers } = request;
    const answer = (status: number, content: object): void => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(content));
    };
    const problem = signatureProblem({ method, path: url, headers, body }, secretAccessKey, 'secretsmanager');
    if (problem !== undefined) {
      answer(400, { __type: 'InvalidSignatureException', message: problem });
      return;
    }
    if (headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') {
      answer(400, { __type: 'UnknownOperationException' });
      return;
    }
    const { SecretId } = JSON.parse(body) as { SecretId: string };
    asked.push({ arn: SecretId, headers });
    const secret = secrets.get(SecretId);
    if (secret === undefined) {
      answer(400, {
        __type: 'ResourceNotFoundException',
        message: "Secrets Manager can't find the specified secret.",
      });
      return;
    }
    answer(200, { ARN: SecretId, Name: 'a secret', SecretString: secret });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    secrets,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
