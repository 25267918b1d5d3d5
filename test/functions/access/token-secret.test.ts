/** A cluster is asked with a token from a secret on AWS: read rarely, and again when the cluster no longer takes it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Secrets } from '../../../functions/aws/secret.ts';
import { type SecretsManager, startSecretsManager } from '../../support/secrets-manager.ts';
import { accessOf, bearing, identify } from './caller.ts';

const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kite/alpha-AbCdEf';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const identity = {
  region: 'us-east-1',
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey,
  sessionToken: 'session',
};
const second = 1_000;
let aws: SecretsManager;
let cluster: { readonly url: string; token: string; close: () => void };
let elapsed: number;

/** An API server that knows every token, once it knows who asks. */
async function startCluster(): Promise<typeof cluster> {
  const server = createServer(async (request, response) => {
    const { spec } = JSON.parse(await text(request)) as { spec: { token: string } };
    const isKnown = request.headers.authorization === `Bearer ${started.token}`;
    response.writeHead(isKnown ? 201 : 401);
    response.end(JSON.stringify({ status: { authenticated: true, user: { username: spec.token } } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const started = {
    url: `http://127.0.0.1:${port}`,
    token: 'first',
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return started;
}

beforeEach(async () => {
  elapsed = 0;
  aws = await startSecretsManager(secretAccessKey);
  aws.secrets.set(arn, ' first\n');
  cluster = await startCluster();
});
afterEach(async () => {
  cluster.close();
  await aws.close();
});

/** Answers are believed for no time at all, so that each caller is a question. */
function open(key = secretAccessKey) {
  const secrets = new Secrets(
    { ...identity, secretAccessKey: key },
    {
      env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url },
      timeout: 5_000,
      clock: () => Date.parse('2026-11-22T01:02:03.456Z'),
    },
  );
  const access = accessOf(
    {
      clusters: [{ name: 'alpha', url: cluster.url, issuers: ['x'], tokenSecret: arn }],
      compat: false,
      cache: { allowedSeconds: 0, deniedSeconds: 0 },
    },
    { elapsed: () => elapsed, readSecret: (name) => secrets.read(name) },
  );
  return (token: string) => identify(access, bearing(token));
}

test('it is read by a signed request, of its own region, and once for many questions', async () => {
  const asks = open();
  const callers = await Promise.all(Array.from({ length: 8 }, (_, n) => asks(`user-${n}`)));
  expect(callers).toEqual(
    Array.from({ length: 8 }, (_, n) => expect.objectContaining({ actor: `user-${n}`, cluster: 'alpha' })),
  );
  elapsed = 299 * second;
  await asks('late');
  expect(aws.asked).toHaveLength(1);
  expect(aws.asked[0]).toMatchObject({
    arn,
    headers: {
      'x-amz-security-token': 'session',
      'x-amz-date': '20261122T010203Z',
      authorization: expect.stringContaining('/20261122/eu-central-1/secretsmanager/aws4_request'),
    },
  });
  elapsed = 301 * second;
  await asks('later');
  expect(aws.asked).toHaveLength(2);
});

test('one that was replaced is read again when the cluster refuses the old one', async () => {
  const asks = open();
  expect(await asks('ada')).toMatchObject({ actor: 'ada' });
  cluster.token = 'second';
  aws.secrets.set(arn, 'second');
  elapsed = 60 * second;
  expect(await Promise.all([asks('ada'), asks('bob')])).toMatchObject([{ actor: 'ada' }, { actor: 'bob' }]);
  expect(aws.asked).toHaveLength(2);
});

test('one that the cluster does not take is not read for each question', async () => {
  const asks = open();
  cluster.token = 'of another cluster';
  for (let n = 0; n < 5; n += 1) {
    expect(await asks(`user-${n}`)).toMatchObject({ code: 'unavailable' });
  }
  expect(aws.asked).toHaveLength(1);
});

test('one that cannot be read makes the cluster unavailable, until it can', async () => {
  const asks = open();
  aws.secrets.delete(arn);
  expect(await asks('ada')).toMatchObject({
    code: 'unavailable',
    reason: expect.stringContaining('ResourceNotFoundException'),
  });
  aws.secrets.set(arn, 'first');
  expect(await asks('ada')).toMatchObject({ actor: 'ada' });
});

test('who signs with another key gets nothing', async () => {
  expect(await open('another')('ada')).toMatchObject({
    code: 'unavailable',
    reason: expect.stringContaining('InvalidSignatureException'),
  });
});
