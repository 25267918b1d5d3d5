import { readFile } from 'node:fs/promises';
import type { ClusterConfig } from './config.ts';
import { type Asker, createAsker } from './https.ts';
import { unanswered } from './refusal.ts';
import { Turns } from './turns.ts';

/** Milliseconds after which a token file is read again: a cluster writes a new one an hour before the old one ends. */
const tokenAge = 30_000;
const mostBytes = 1024 * 1024;
const connections = 32;
/** More would hold so many requests of this cluster's callers that those of others found no place. */
const waiting = 128;
/** Questions on behalf of one caller: half of the connections, and as many in line as all its requests at once ask. */
const ofOne = { atOnce: 16, waiting: 1024 };

/** One cluster's API server, as far as it is asked about others. */
export class Kube {
  readonly name: string;
  readonly #config: ClusterConfig;
  readonly #clock: () => number;
  readonly #call: Asker;
  readonly #turns: Turns;
  #token: { readonly text: string; readonly read: number } | undefined;

  constructor(config: ClusterConfig, timeout: number, clock: () => number) {
    this.name = config.name;
    this.#config = config;
    this.#clock = clock;
    this.#call = createAsker({ ca: config.ca, timeout, mostBytes, connections, waiting });
    this.#turns = new Turns({ ...ofOne, patience: timeout });
  }

  /**
   * Sends a question such as a TokenReview.
   *
   * @param asker on whose behalf: one who causes many questions waits behind its own, and holds up nobody else's
   * @returns the object that comes back, with its status
   * @throws KiteError `unavailable` for anything else: time-out, refusal, an answer that is no JSON object
   */
  async ask(path: string, question: object, asker: string): Promise<object> {
    try {
      return await this.#turns.take(asker, () => this.#answer(path, question));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw unanswered(
        'The cluster of this token',
        new Error(`cluster ${this.name} does not answer: ${message}`, { cause: error }),
      );
    }
  }

  async #answer(path: string, question: object): Promise<object> {
    const first = await this.#post(path, question);
    // A token may be replaced before its file is read again.
    const answer =
      first.status === 401 && 'file' in this.#config.credential ? await this.#again(path, question) : first;
    if (answer.status !== 200 && answer.status !== 201) {
      throw new Error(`it answered ${path} with ${answer.status}`);
    }
    const object = parse(answer.body);
    if (typeof object !== 'object' || object === null) {
      throw new Error(`it answered ${path} with no JSON object`);
    }
    return object;
  }

  #again(path: string, question: object) {
    this.#token = undefined;
    return this.#post(path, question);
  }

  async #post(path: string, question: object) {
    return this.#call(placeOf(this.#config.url, path), {
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

/** A cluster may be reached under a path of a server that has others under theirs. */
function placeOf(url: URL, path: string): URL {
  const place = new URL(url);
  place.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  return place;
}

/** Undefined for what is no JSON: the parser's own message would show a piece of it, and answers repeat tokens. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
