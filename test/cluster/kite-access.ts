import * as z from 'zod/mini';
import type { Settings } from '../support/guarded.ts';
import type { KubeClient } from './client.ts';

const claims = z.object({ iss: z.string() });

/**
 * What Kite is told of the API server of the tests, which it asks with all rights.
 *
 * @param name what Kite calls it
 * @param token any token that it has issued: it says who does
 */
export function asCluster(name: string, { address }: KubeClient, token: string): Settings {
  const [, payload = ''] = token.split('.');
  const { iss } = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  const { url, ca } = address;
  return {
    text: { clusters: [{ name, url, ca, issuers: [iss], tokenVariable: 'CLUSTER_TOKEN' }] },
    variables: { CLUSTER_TOKEN: address.token },
  };
}
