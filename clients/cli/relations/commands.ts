import type { CommandSpec } from '../command.ts';

export const relationCommands: readonly CommandSpec[] = [
  {
    name: 'relate',
    args: '<id> <other>',
    about: 'relate two issues, so that each shows the other',
    examples: [['relate 52e9f473 0b1c2d3e', 'the one comes from the other']],
    load: async () => ({ run: (await import('./relate.ts')).relate }),
  },
  {
    name: 'unrelate',
    args: '<id> <other>',
    about: 'take the relation of two issues back',
    examples: [['unrelate 52e9f473 0b1c2d3e', 'they have nothing to do with each other']],
    load: async () => ({ run: (await import('./relate.ts')).unrelate }),
  },
];
