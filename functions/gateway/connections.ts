import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { KiteError } from '../../core/errors.ts';
import { Notice } from './notice.ts';

/** The reason of `gone`: nobody is left to answer to. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** One request and its answer. */
export interface Exchange {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Comes when the connection ends before the answer does. */
  readonly gone: Notice;
  /** Comes when nothing more will be read, with what to answer; and with `gone`. */
  readonly cut: Notice;
  /** Ends the reading of this request, which is answered with this. */
  fail(error: KiteError): void;
  /** The answer is sent or will never be. */
  end(): void;
}

const acceptedId = /^[\w.:-]{1,100}$/;

/** Who is connected, and which requests of theirs are not answered yet. */
export class Connections {
  readonly #open = new Map<Duplex, Map<ServerResponse, { leave(): void; exchange: Exchange }>>();
  #closing = false;

  get closing(): boolean {
    return this.#closing;
  }

  /** Any number of calls for the same connection is one. */
  add(socket: Duplex): void {
    if (this.#open.has(socket)) {
      return;
    }
    this.#open.set(socket, new Map());
    socket.once('close', () => {
      const running = this.#open.get(socket);
      this.#open.delete(socket);
      for (const { leave } of running?.values() ?? []) {
        leave();
      }
    });
  }

  /** A client's own `x-request-id` is kept when it is one. */
  begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const { socket } = request;
    this.add(socket);
    const given = request.headers['x-request-id'];
    const gone = new Notice();
    const cut = new Notice();
    const exchange: Exchange = {
      requestId: typeof given === 'string' && acceptedId.test(given) ? given : randomUUID(),
      request,
      response,
      gone,
      cut,
      fail: (error) => cut.give(error),
      end: () => {
        const running = this.#open.get(socket);
        running?.delete(response);
        if (this.#closing && running?.size === 0) {
          socket.destroySoon();
        }
      },
    };
    const leave = (): void => {
      gone.give(new ClientGone());
      cut.give(gone.reason);
    };
    this.#open.get(socket)?.set(response, { leave, exchange });
    if (socket.destroyed) {
      leave();
    }
    return exchange;
  }

  /** The oldest request on a connection that is not answered yet. */
  oldest(socket: Duplex): Exchange | undefined {
    const [first] = this.#open.get(socket)?.values() ?? [];
    return first?.exchange;
  }

  /** Cuts the idle connections, and each other one once its requests are answered. */
  close(): void {
    this.#closing = true;
    for (const [socket, running] of this.#open) {
      if (running.size === 0) {
        socket.destroy();
      }
    }
  }

  /** Cuts all; returns how many requests were left without an answer. */
  destroy(): number {
    let cut = 0;
    for (const [socket, running] of this.#open) {
      cut += running.size;
      socket.destroy();
    }
    return cut;
  }
}
