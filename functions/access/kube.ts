import { readFile } from 'node:fs/promises';
import type { ClusterConfig } from './config.ts';
import { type Asker, createAsker } from './https.ts';
import { unanswered } from './refusal.ts';

/** Milliseconds after which a token file is read again: a cluster writes a new one an hour before the old one ends. */
const tokenAge = 30_000;
const mostBytes = 1024 * 1024;
const connections = 32;
/** More would hold so many requests of this cluster's callers that those of others found no place. */
const waiting = 128;

/** One cluster's API server, as far as it is asked about others. */
export class Kube {
  readonly name: string;
  readonly #config: ClusterConfig;
  readonly #clock: () => number;
  readonly #call: Asker;
  #token: { readonly text: string; readonly read: number } | undefined;

  constructor(config: ClusterConfig, timeout: number, clock: () => number) {
    this.name = config.name;
    this.#config = config;
    this.#clock = clock;
    this.#call = createAsker({ ca: config.ca, timeout, mostBytes, connections, waiting });
  }

  /**
   * Sends a question such as a TokenReview.
   *
   * @returns the object that comes back, with its status
   * @throws KiteError `unavailable` for anything else: time-out, refusal, an answer that is no JSON object
   */
  async ask(path: string, question: object): Promise<object> {
    try {
      const first = await this.#post(path, question);
      // A token may be replaced before its file is read again.
      const answer =
        first.status === 401 && 'file' in this.#config.credential ? await this.#again(path, question) : first;
      if (answer.status !== 200 && answer.status !== 201) {
        throw new Error(`it answered ${path} with ${answer.status}`);
      }
      const object: unknown = JSON.parse(answer.body);
      if (typeof object !== 'object' || object === null) {
        throw new Error(`it answered ${path} with no object`);
      }
      return object;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw unanswered(
        'The cluster of this token',
        new Error(`cluster ${this.name} does not answer: ${message}`, { cause: error }),
      );
    }
  }

  #again(path: string, question: object) {
    this.#token = undefined;
    return this.#post(path, question);
  }

  async #post(path: string, question: object) {
    return this.#call(new URL(path, this.#config.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await this.#ownToken()}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify(question),
    });
  }

  async #ownToken(): Promise<string> {
    const { credential } = this.#config;
    if ('token' in credential) {
      return credential.token;
    }
    const now = this.#clock();
    if (this.#token === undefined || now - this.#token.read > tokenAge) {
      this.#token = { text: (await readFile(credential.file, 'utf8')).trim(), read: now };
    }
    return this.#token.text;
  }
}
