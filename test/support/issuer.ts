import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** Somebody who signs tokens, as a CI does, and publishes the keys over HTTP. */
export interface TestIssuer {
  readonly url: string;
  /** How often the keys were fetched. */
  fetched(): number;
  /** What is published from now on, by `kid`: other keys, a status that is no 200, or no answer at all. */
  publish(what: readonly string[] | number | 'silence'): void;
  /**
   * A token that is valid for `kite` for five minutes, unless the claims say otherwise.
   *
   * @param kid names the key: each has one of its own; null: it is not said which
   */
  sign(claims?: JWTPayload, kid?: string, says?: string | null): Promise<string>;
  /** The public key as PEM. */
  publicKey(kid: string): Promise<string>;
  close(): Promise<void>;
}

/** @param now milliseconds since 1970 */
export async function startIssuer(now: () => number = Date.now): Promise<TestIssuer> {
  const keys = new Map<string, Promise<GenerateKeyPairResult>>();
  const key = (kid: string): Promise<GenerateKeyPairResult> => {
    const made = keys.get(kid) ?? generateKeyPair('RS256', { extractable: true });
    keys.set(kid, made);
    return made;
  };
  // Made before anybody asks for it: that takes longer than some wait for an answer.
  await key('first');
  let published: readonly string[] | number | 'silence' = ['first'];
  let fetched = 0;
  const server = createServer(async (request, response) => {
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
      return;
    }
    fetched += 1;
    if (published === 'silence') {
      return;
    }
    if (typeof published === 'number') {
      response.writeHead(published).end('{}');
      return;
    }
    const jwks = published.map(async (kid) => ({
      ...(await exportJWK((await key(kid)).publicKey)),
      kid,
      use: 'sig',
    }));
    response.end(JSON.stringify({ keys: await Promise.all(jwks) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a socket has no port');
  }
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    fetched: () => fetched,
    publish(what) {
      published = what;
    },
    async sign(claims = {}, kid = 'first', says = kid) {
      const seconds = Math.floor(now() / 1000);
      const payload = { iss: url, aud: 'kite', sub: 'somebody', iat: seconds, exp: seconds + 300, ...claims };
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', ...(says !== null && { kid: says }) })
        .sign((await key(kid)).privateKey);
    },
    async publicKey(kid) {
      const { exportSPKI } = await import('jose');
      return exportSPKI((await key(kid)).publicKey);
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
