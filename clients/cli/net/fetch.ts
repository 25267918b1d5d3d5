import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Fetch } from '../../../core/contract/client.ts';

/** Bytes of one answer; a page of a thousand issues has some megabytes. */
const longest = 512 * 1024 * 1024;

/**
 * `fetch` over node:http, as much of it as the client uses: Node's own takes 50 ms to be loaded, a third of the time in
 * which a command has to start. Follows no redirect, so that a token goes nowhere else.
 */
export const fetch: Fetch = async (url, { method, headers, body, signal }) => {
  const request = url.startsWith('https:') ? (await import('node:https')).request : httpRequest;
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(
      url,
      {
        method,
        headers: { ...headers, ...(bytes !== undefined && { 'content-length': bytes.length }) },
        signal,
      },
      resolve,
    );
    asked.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    asked.end(bytes);
  });
  return {
    status: response.statusCode ?? 0,
    headers: {
      get(name) {
        const value = response.headers[name];
        return value === undefined ? null : [value].flat().join(', ');
      },
    },
    async text() {
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of response) {
        const chunk = part as Buffer;
        size += chunk.length;
        if (size > longest) throw new Error(`The answer is longer than ${longest} bytes.`);
        parts.push(chunk);
      }
      return Buffer.concat(parts).toString('utf8');
    },
  };
};
