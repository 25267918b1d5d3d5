import type { CommandSpec } from '../command.ts';
import { shells } from './shells.ts';

export const completionCommands: readonly CommandSpec[] = [
  {
    name: 'completion',
    args: '<shell>',
    about: `print what completes commands in ${shells.join(', ')}`,
    examples: [
      ['|source <(kite completion bash)', 'in ~/.bashrc'],
      ['|kite completion zsh > ~/.zsh/functions/_kite', 'in a folder of your fpath, before compinit'],
      ['|kite completion fish > ~/.config/fish/completions/kite.fish', 'for fish'],
    ],
    load: () => import('./print.ts'),
  },
];
