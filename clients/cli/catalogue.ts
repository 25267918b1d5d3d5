import { checkCommands } from './check/commands.ts';
import type { CommandSpec } from './command.ts';
import { completionCommands } from './completion/commands.ts';
import { configCommands } from './config/commands.ts';
import { contextCommands } from './context/commands.ts';
import { issueCommands } from './issues/commands.ts';
import { keyCommands } from './keys/commands.ts';
import { relationCommands } from './relations/commands.ts';
import { reportCommands } from './report/commands.ts';

/** What the first word of a command of two words stands for. */
export const groups: Readonly<Record<string, string>> = {
  keys: 'API keys, for admins',
  context: 'the servers that are remembered',
};

/** Every command, in the order of the help; one of two words comes after the one that is its first word. */
export const catalogue: readonly CommandSpec[] = [
  ...issueCommands,
  ...relationCommands,
  ...reportCommands,
  ...checkCommands,
  ...keyCommands,
  ...contextCommands,
  ...configCommands,
  ...completionCommands,
];
