import type { Access, Credentials } from './cluster/access.ts';
import { ClusterFailure, failureOf } from './cluster/failure.ts';
import { inCluster } from './cluster/in-cluster.ts';
import { Transport } from './cluster/transport.ts';
import { Patience } from './patience.ts';

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** From the root, such as `/apis/apps/v1/deployments`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole exchange. Default 30 s. */
  readonly timeout?: number;
}

interface StreamRequest extends Omit<Request, 'method' | 'body' | 'timeout'> {
  /** Milliseconds without a byte after which the connection counts as dead; asked anew before each. */
  readonly silence: () => number;
  /** Told when the API server has agreed, which may be long before the first byte. */
  readonly onOpen?: () => void;
}

/** An API server, and the right to ask it. Nothing of it writes unless it is told to. */
export interface Cluster {
  readonly server: string;
  /** The pod's own namespace, or that of the kubeconfig's context. */
  readonly namespace: string | undefined;
  /**
   * @returns the answer's JSON, which nobody has looked at yet
   * @throws ClusterFailure
   */
  request(request: Request): Promise<unknown>;
  /**
   * The bytes of an answer as they come. Time that the consumer takes is not silence.
   * @throws ClusterFailure
   */
  stream(request: StreamRequest): AsyncGenerator<Uint8Array, void, undefined>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  /** Path of a kubeconfig; without one it is the pod's ServiceAccount, else the usual kubeconfig. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Says where the pod's API server is and where its token is mounted, and which proxy to use. */
  readonly env: NodeJS.ProcessEnv;
  readonly clock: () => number;
}

const ANSWER_TIMEOUT = 30_000;

/**
 * Sends nothing yet.
 * @throws ClusterFailure when it cannot be known where the API server is
 */
export async function connectCluster(options: ClusterOptions): Promise<Cluster> {
  const { kubeconfig, context, env, clock } = options;
  const isChosen = kubeconfig !== undefined || context !== undefined;
  const pod = isChosen ? undefined : await inCluster(env, clock);
  if (pod !== undefined) {
    return clusterOver(pod, env);
  }
  // A pod does without @kubernetes/client-node, which takes 77 MB when it is loaded whole, and 21 MB in a bundle.
  const { byKubeconfig } = await import('./cluster/kubeconfig.ts');
  return clusterOver(await byKubeconfig(kubeconfig, context, clock), env);
}

function clusterOver(access: Access, env: NodeJS.ProcessEnv): Cluster {
  const transport = new Transport(access, env);

  /** The answer with a good status; a token that has just been exchanged is not a failure. */
  const open = async (request: Omit<Request, 'timeout'>, signal: AbortSignal) => {
    let credentials = await access.credentials(false);
    let answer = await transport.send(request, credentials, signal);
    if (answer.statusCode === 401) {
      const fresh = await access.credentials(true);
      if (!isSame(credentials, fresh)) {
        credentials = fresh;
        await answer.body.dump();
        answer = await transport.send(request, credentials, signal);
      }
    }
    if (answer.statusCode >= 300) {
      const header = answer.headers['retry-after'];
      const text = await answer.body.text();
      throw failureOf(parsed(text), answer.statusCode, typeof header === 'string' ? header : undefined);
    }
    return answer.body;
  };

  return {
    server: access.server,
    namespace: access.namespace,
    request: async ({ timeout = ANSWER_TIMEOUT, ...request }) => {
      const patience = new Patience(request.signal);
      patience.wait(timeout, () => new ClusterFailure(`no answer within ${timeout} ms`));
      try {
        const body = await open(request, patience.signal);
        return JSON.parse(await body.text()) as unknown;
      } catch (error) {
        throw asFailure(error);
      } finally {
        patience.end();
      }
    },
    stream: async function* ({ silence, onOpen, ...request }) {
      const patience = new Patience(request.signal);
      try {
        patience.wait(ANSWER_TIMEOUT, () => new ClusterFailure(`no answer within ${ANSWER_TIMEOUT} ms`));
        const body = await open(request, patience.signal);
        // The reader below is told of the failure too; without a listener it would end the process.
        body.on('error', () => undefined);
        onOpen?.();
        const chunks = body[Symbol.asyncIterator]();
        for (;;) {
          const most = silence();
          patience.wait(
            most,
            () => new ClusterFailure(`nothing was heard for ${most} ms`, { reason: 'Silent' }),
          );
          const next = await chunks.next();
          patience.rest();
          if (next.done === true) {
            return;
          }
          yield next.value as Uint8Array;
        }
      } catch (error) {
        throw asFailure(error);
      } finally {
        patience.end(new ClusterFailure('not needed any more'));
      }
    },
    close: () => transport.close(),
  };
}

function asFailure(error: unknown): ClusterFailure {
  if (error instanceof ClusterFailure) {
    return error;
  }
  return new ClusterFailure(error instanceof Error ? error.message : String(error), { cause: error });
}

function isSame(one: Credentials, other: Credentials): boolean {
  return (
    one.headers.authorization === other.headers.authorization &&
    String(one.tls.cert ?? '') === String(other.tls.cert ?? '')
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page, for instance: the status says enough.
    return undefined;
  }
}
