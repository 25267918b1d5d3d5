import { isIPv4, isIPv6 } from 'node:net';

/** Whether an address, or the name of a host, is of this machine alone. */
export function isLoopback(host: string): boolean {
  if (isIPv6(host)) {
    const url = `http://[${host}]`;
    return URL.canParse(url) && new URL(url).hostname === '[::1]';
  }
  return host.toLowerCase() === 'localhost' || (isIPv4(host) && host.startsWith('127.'));
}
