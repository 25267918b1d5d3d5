import aws4 from 'aws4';
import type { AwsIdentity } from './credentials.ts';

/** Seconds within which a connection can be opened with a token; the connection itself lives on. */
const validity = 900;
const defaultPort = '5432';

/**
 * What RDS takes instead of a password: a request to connect, signed. Nobody is asked for it, so it costs no round trip.
 *
 * @param databaseUrl names the host, as its certificate does, and the user
 * @param now milliseconds since 1970
 */
export function databaseToken(databaseUrl: string, identity: AwsIdentity, now: number): string {
  const { hostname, port, username } = new URL(databaseUrl);
  const host = `${hostname}:${port === '' ? defaultPort : port}`;
  const query = new URLSearchParams({
    Action: 'connect',
    DBUser: decodeURIComponent(username),
    'X-Amz-Date': new Date(now).toISOString().replaceAll(/[-:]|\.\d{3}/g, ''),
    'X-Amz-Expires': String(validity),
  });
  const { region, ...credentials } = identity;
  const { path = '' } = aws4.sign(
    { host, path: `/?${query}`, method: 'GET', service: 'rds-db', region, signQuery: true },
    credentials,
  );
  return `${host}${path}`;
}
