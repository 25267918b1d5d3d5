import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../../core/config-error.ts';
import { type Config, type Place, parseConfig } from '../config.ts';
import type { Log } from '../runtime/log.ts';
import { pause } from '../runtime/patience.ts';

export interface ConfigFileOptions {
  /** An absolute path; without one the defaults count, for ever. */
  readonly path: string | undefined;
  readonly place: Place;
  /** Milliseconds between two looks at the file. Default 2 s. */
  readonly interval?: number;
}

/**
 * The configuration, and its file as it changes: what two looks after each other find is taken over. The file's contents are compared and not its times, so it does not matter
 * how it is replaced: in place, by another file, or as a ConfigMap by a symbolic link to another directory.
 */
export class ConfigFile {
  readonly #options: ConfigFileOptions;
  /** As it was read last, whether or not it is right; undefined when it could not be read. */
  #text: string | undefined;
  /** As it was at the last look: what is just being written is not taken for finished. */
  #seen: string | undefined;
  #config: Config;
  #problem: string | undefined;

  private constructor(options: ConfigFileOptions, text: string, config: Config) {
    this.#options = options;
    this.#text = text;
    this.#config = config;
  }

  /** @throws ConfigError that names everything that is wrong */
  static async open(options: ConfigFileOptions): Promise<ConfigFile> {
    const { path, place } = options;
    const text = path === undefined ? '' : await read(path);
    return new ConfigFile(options, text, parseConfig(text, path ?? './none', place));
  }

  /** The newest that is right. */
  get config(): Config {
    return this.#config;
  }

  /** Why the file as it is now does not count, in sentences; undefined when it does. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Looks at the file until `signal` is aborted.
   *
   * @param onChange told of a new configuration that is right
   */
  async follow(log: Log, signal: AbortSignal, onChange: (config: Config) => void): Promise<void> {
    const { path, interval = 2_000 } = this.#options;
    while (path !== undefined && !signal.aborted) {
      await pause(interval, signal);
      if (signal.aborted) {
        return;
      }
      await this.#look(path, log, onChange);
    }
  }

  async #look(path: string, log: Log, onChange: (config: Config) => void): Promise<void> {
    try {
      const text = await this.#read(path);
      const isSettled = text === this.#seen;
      this.#seen = text;
      if (text === this.#text || !isSettled) {
        return;
      }
      this.#text = text;
      const config = parseConfig(text, path, this.#options.place);
      const isChanged = !isDeepStrictEqual(config, this.#config);
      if (isChanged || this.#problem !== undefined) {
        log.info({ path, isChanged }, 'the configuration was read anew');
      }
      this.#problem = undefined;
      this.#config = config;
      if (isChanged) {
        onChange(config);
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) {
        throw error;
      }
      if (this.#problem !== error.message) {
        this.#problem = error.message;
        const { problems } = error;
        log.error({ path, problems }, 'the new configuration is wrong; the old one still counts');
      }
    }
  }

  async #read(path: string): Promise<string> {
    try {
      return await read(path);
    } catch (error) {
      this.#text = undefined;
      this.#seen = undefined;
      throw error;
    }
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`${path} cannot be read: ${reason}`]);
  }
}
