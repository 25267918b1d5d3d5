import type { Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { bash, fish, zsh } from './scripts.ts';
import { shells } from './shells.ts';
import { vocabulary } from './vocabulary.ts';

export async function run(work: Work): Promise<void> {
  const [asked = ''] = work.args;
  const shell = shells.find((one) => one === asked);
  if (shell === undefined)
    throw new UsageError(`completion is for ${shells.join(', ')}, not ${JSON.stringify(asked)}`);
  const name = work.program.replace(' ', '-');
  await work.io.print({ bash, zsh, fish }[shell](name, vocabulary(work.commands, work.groups)));
}
