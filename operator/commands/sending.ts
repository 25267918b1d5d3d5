import type { Config } from '../config.ts';
import type { Journal } from '../runtime/journal.ts';
import type { Log } from '../runtime/log.ts';
import type { Flushed, Sender, SenderState } from '../runtime/sender.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import { sendFrom } from './setting.ts';

export interface SendingOptions {
  readonly journal: Journal;
  readonly env: NodeJS.ProcessEnv;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Sends what is in the journal to where the configuration says. */
export class Sending {
  readonly #options: SendingOptions;
  #sender: Sender;
  /** Resolves when what was asked for last is done. */
  #last: Promise<void> = Promise.resolve();

  constructor(config: Config, options: SendingOptions) {
    this.#options = options;
    this.#sender = this.#start(config);
  }

  state(): SenderState {
    return this.#sender.state();
  }

  /** The one before ends first: two at once could change the order of reports. */
  apply(config: Config): Promise<void> {
    this.#last = this.#last.then(async () => {
      await this.#sender.stop();
      this.#sender = this.#start(config);
    });
    return this.#last;
  }

  async flush(graceMs: number): Promise<Flushed> {
    await this.#last;
    return this.#sender.flush(graceMs);
  }

  async stop(): Promise<void> {
    await this.#last;
    await this.#sender.stop();
  }

  #start(config: Config): Sender {
    const { journal, env, telemetry, log } = this.#options;
    return sendFrom(journal, config, env, telemetry, log);
  }
}
