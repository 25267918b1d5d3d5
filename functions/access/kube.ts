import { readFile } from 'node:fs/promises';
import type { ClusterConfig } from './config.ts';
import { type Asker, createAsker } from './https.ts';
import { unanswered } from './refusal.ts';
import { Turns } from './turns.ts';

/** Milliseconds after which a token file is read again: a cluster writes a new one an hour before the old one ends. */
const fileAge = 30_000;
/** The same of a secret, which costs a question to AWS: an old token lives on for a while after it was replaced. */
const secretAge = 5 * 60_000;
/** A secret that was read less long ago is not read again because the cluster refuses its token. */
const leastSecretAge = 10_000;
const mostBytes = 1024 * 1024;
const connections = 32;
/** More would hold so many requests of this cluster's callers that those of others found no place. */
const waiting = 128;
/** Questions on behalf of one caller: half of the connections, and as many in line as all its requests at once ask. */
const ofOne = { atOnce: 16, waiting: 1024 };

/** Reads the text of a secret on AWS, by its ARN. */
export type ReadSecret = (arn: string) => Promise<string>;

/** One cluster's API server, as far as it is asked about others. */
export class Kube {
  readonly name: string;
  readonly #config: ClusterConfig;
  readonly #clock: () => number;
  readonly #call: Asker;
  readonly #turns: Turns;
  readonly #readSecret: ReadSecret;
  #token: { readonly text: Promise<string>; readonly read: number } | undefined;

  /** @param clock milliseconds that only grow */
  constructor(config: ClusterConfig, timeout: number, clock: () => number, readSecret: ReadSecret) {
    this.name = config.name;
    this.#config = config;
    this.#clock = clock;
    this.#readSecret = readSecret;
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
    const token = await this.#ownToken();
    let answer = await this.#post(path, question, token);
    if (answer.status === 401) {
      const another = await this.#tokenAfter(token);
      answer = another === undefined ? answer : await this.#post(path, question, another);
    }
    if (answer.status !== 200 && answer.status !== 201) {
      throw new Error(`it answered ${path} with ${answer.status}`);
    }
    const object = parse(answer.body);
    if (typeof object !== 'object' || object === null) {
      throw new Error(`it answered ${path} with no JSON object`);
    }
    return object;
  }

  /** The token that came in the place of one that was refused, before it would have been read again; undefined: none did. */
  async #tokenAfter(refused: string): Promise<string | undefined> {
    const { credential } = this.#config;
    const age = this.#clock() - (this.#token?.read ?? 0);
    if ('file' in credential || ('secret' in credential && age > leastSecretAge)) {
      this.#token = undefined;
    }
    const token = await this.#ownToken();
    return token === refused ? undefined : token;
  }

  async #post(path: string, question: object, token: string) {
    return this.#call(placeOf(this.#config.url, path), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify(question),
    });
  }

  /** Read once for all who need it meanwhile; a failure is not kept. */
  async #ownToken(): Promise<string> {
    const { credential } = this.#config;
    if ('token' in credential) {
      return credential.token;
    }
    const now = this.#clock();
    const age = 'file' in credential ? fileAge : secretAge;
    if (this.#token === undefined || now - this.#token.read > age) {
      const text =
        'file' in credential ? readFile(credential.file, 'utf8') : this.#readSecret(credential.secret);
      const token = { text: text.then((read) => read.trim()), read: now };
      this.#token = token;
      token.text.catch(() => {
        this.#token = this.#token === token ? undefined : this.#token;
      });
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
