import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent, request } from 'undici';
import type { KubeAddress } from '../client.ts';

/** What stands before an API server: counts what is asked, and holds or spoils it. */
export interface Front {
  readonly url: string;
  /** What was asked so far, by resource, such as `tokenreviews`. */
  readonly asked: readonly string[];
  /** From now on questions wait here. */
  hold(): void;
  /** How many wait. */
  waiting(): number;
  /** Lets those that wait go on; the next ones wait again. */
  release(): void;
  /** No question waits any more. */
  flow(): void;
  /** Answers questions about a resource with a status and a text from now on; null: no longer. */
  spoil(how: { readonly resource: string; readonly status: number; readonly text: string } | null): void;
  close(): Promise<void>;
}

export async function startFront(to: KubeAddress): Promise<Front> {
  const agent = new Agent({ connect: { ca: to.ca } });
  const asked: string[] = [];
  let held: (() => void)[] | undefined;
  let spoiled: Parameters<Front['spoil']>[0] = null;
  const server = createServer(async (question, answer) => {
    const resource = question.url?.split('/').at(-1) ?? '';
    asked.push(resource);
    const parts: Buffer[] = [];
    for await (const part of question as AsyncIterable<Buffer>) {
      parts.push(part);
    }
    if (held !== undefined) {
      const waiting = held;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    if (spoiled?.resource === resource) {
      answer.writeHead(spoiled.status).end(spoiled.text);
      return;
    }
    const { statusCode, body } = await request(`${to.url}${question.url}`, {
      method: 'POST',
      dispatcher: agent,
      headers: {
        authorization: question.headers.authorization ?? '',
        'content-type': question.headers['content-type'] ?? '',
      },
      body: Buffer.concat(parts),
    });
    answer.writeHead(statusCode).end(await body.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a socket has no port');
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    hold() {
      held = [];
    },
    waiting: () => held?.length ?? 0,
    release() {
      for (const go of held?.splice(0) ?? []) {
        go();
      }
    },
    flow() {
      for (const go of held?.splice(0) ?? []) {
        go();
      }
      held = undefined;
    },
    spoil(how) {
      spoiled = how;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await agent.destroy();
    },
  };
}
