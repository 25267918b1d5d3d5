import type { KiteClient } from '../../core/contract/client.ts';
import type { Io } from './io.ts';
import type { Format, Output } from './output/output.ts';
import type { GlobalOptions } from './target/asked.ts';
import type { Target } from './target/target.ts';

export interface OptionSpec {
  /** As commander has it: `-s, --severity <list>`. */
  readonly flags: string;
  readonly about: string;
  /** Makes a value of the text, or throws a UsageError that says what would be right. */
  readonly read?: (text: string) => unknown;
  /** Whether it may be given several times; its values are then collected into an array. */
  readonly repeats?: boolean;
  /** The words that it takes, for completion. */
  readonly words?: readonly string[];
  readonly hidden?: boolean;
}

/** The command line of one command, and where its work is. Nothing here is loaded but words. */
export interface CommandSpec {
  /** As it is typed: `issues`, `keys create`. */
  readonly name: string;
  readonly alias?: string;
  /** As commander has it: `<id...>`, `[words...]`. */
  readonly args?: string;
  /** One line without a full stop. */
  readonly about: string;
  /** What else must be known to use it. */
  readonly more?: string;
  readonly options?: readonly OptionSpec[];
  /** What `-o` takes here, the default first; `table`, `json`, `yaml` when absent. */
  readonly formats?: readonly Format[];
  /** What to type, and what it does. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Kept for those who type it already. */
  readonly hidden?: boolean;
  readonly load: () => Promise<{ readonly run: Run }>;
}

/** The exit code; 0 when nothing is given back. */
// biome-ignore lint/suspicious/noConfusingVoidType: a command that has nothing to say says nothing
type Run = (work: Work) => Promise<number | void>;

/** What a command works with. */
export interface Work {
  /** What is typed after the command, without options. */
  readonly args: readonly string[];
  /** The command's own options by their long names in camel case; `as` is the form that its file declares. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: GlobalOptions;
  readonly io: Io;
  readonly out: Output;
  /** The program as it was called: `kite`, `kubectl kite`, `konflux-issues`. */
  readonly program: string;
  /** Every command that there is, and what the first words of those of two words stand for. */
  readonly commands: readonly CommandSpec[];
  readonly groups: Readonly<Record<string, string>>;
  /** Where to, which namespace, and as whom. Read once. */
  target(): Promise<Target>;
  /** What went wrong, in one sentence. */
  explain(error: unknown): string;
  client(): Promise<KiteClient>;
}
