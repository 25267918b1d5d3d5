import type { IncomingMessage } from 'node:http';
import { limits } from '../../core/contract/fields.ts';
import { KiteError } from '../../core/errors.ts';
import type { Notice } from './notice.ts';

/** What a client that was refused may still send before the connection is cut: a late reader must not lose its answer. */
const drainBytes = 8 * limits.body;

/** Whether the request announces a body that has not arrived completely. */
export function isArriving(request: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  return !request.complete && (coding !== undefined || Number(length) > 0);
}

/** Whether what is still to come is known to be no more than a body may be. */
export function isBounded(request: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  return coding === undefined && Number(length) <= limits.body;
}

/** @throws KiteError `payload_too_large` when the announced length says so */
export function checkLength(request: IncomingMessage): void {
  if (Number(request.headers['content-length'] ?? 0) > limits.body) {
    throw new KiteError('payload_too_large');
  }
}

/**
 * Reads a body; never holds more than the limit.
 *
 * @param cut ends the reading with its reason
 * @throws KiteError `payload_too_large` with the first byte too many
 */
export async function readBody(request: IncomingMessage, cut: Notice): Promise<Buffer> {
  if (!isArriving(request) && request.readableLength === 0) {
    return Buffer.alloc(0);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      request.off('data', take).off('end', finish);
      cut.off(abort);
      outcome();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > limits.body) {
        settle(() => reject(new KiteError('payload_too_large')));
      }
    };
    const finish = (): void => settle(() => resolve(Buffer.concat(chunks, size)));
    const abort = (): void => settle(() => reject(cut.reason));
    cut.on(abort);
    request.on('data', take).on('end', finish);
    if (cut.isGiven) {
      abort();
    }
  });
}

/** Reads on and forgets, until the request ends, it has been enough or too long, or the client is gone. */
export function drain(request: IncomingMessage, milliseconds: number, gone: Notice): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > drainBytes) {
        finish();
      }
    };
    const finish = (): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', finish);
      gone.off(finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    request.on('data', take).on('end', finish);
    gone.on(finish);
    if (gone.isGiven || request.readableEnded) {
      finish();
    }
    request.resume();
  });
}
