import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { KiteError } from '../../core/errors.ts';
import { errorResult } from '../http/errors.ts';
import type { Log } from '../http/log.ts';
import type { Connections } from './connections.ts';
import { toReply } from './event.ts';

/** A client that was told so may still send for this long: a late reader must not lose its answer. */
const lingerMilliseconds = 1_000;

/**
 * Answers what is no HTTP, is too large in its head, or did not arrive in time, in the one error format. A client that
 * is gone, or has sent nothing at all, gets no answer.
 */
export function answerMalformed(
  connections: Connections,
  log: Log,
): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  const told = new WeakSet<Duplex>();
  return (error, socket) => {
    if (told.has(socket)) {
      return;
    }
    const shown = describe(error);
    const exchange = connections.oldest(socket);
    const isSilent = exchange === undefined && socket instanceof Socket && socket.bytesRead === 0;
    if (shown === undefined || isSilent || !socket.writable || exchange?.response.headersSent === true) {
      socket.destroy();
      return;
    }
    told.add(socket);
    if (exchange !== undefined) {
      // What follows a complete request does not harm it.
      exchange.response.setHeader('connection', 'close');
      exchange.fail(shown);
      return;
    }
    const requestId = randomUUID();
    socket.end(toMessage(shown, requestId));
    const timer = setTimeout(() => socket.destroy(), lingerMilliseconds);
    socket.once('end', () => socket.destroy()).once('close', () => clearTimeout(timer));
    log.info({ status: shown.status, requestId, reason: error.code }, 'request refused');
  };
}

/** Undefined for a connection that broke. */
function describe({ code = '' }: NodeJS.ErrnoException): KiteError | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new KiteError('headers_too_large');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new KiteError('request_timeout');
  }
  if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') {
    return new KiteError('invalid_request', { message: 'This is not a well-formed HTTP/1.1 request.' });
  }
  return undefined;
}

function toMessage(error: KiteError, requestId: string): Buffer {
  const { status, headers, body } = toReply(errorResult(error, requestId));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...headers.map(([name, value]) => `${name}: ${String(value)}`),
    `date: ${new Date().toUTCString()}`,
    'connection: close',
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}
