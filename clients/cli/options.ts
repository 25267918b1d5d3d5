import type { OptionSpec } from './command.ts';
import { readTimeout } from './reading.ts';

/** What every command takes; `-o` is beside them, since its words are each command's own. */
export const globalOptions: readonly OptionSpec[] = [
  {
    flags: '-n, --namespace <name>',
    about: 'the namespace; else KITE_NAMESPACE, the context, the kubeconfig',
  },
  { flags: '--url <address>', about: 'where Kite is; else KITE_URL, the context' },
  { flags: '--context <name>', about: 'another context than the current one' },
  {
    flags: '--token-file <file>',
    about: 'the bearer token; - is standard input; else KITE_TOKEN, the context',
  },
  { flags: '--token <->', about: 'only -: the bearer token on standard input' },
  { flags: '--kube', about: "the token of the kubeconfig's user" },
  { flags: '--kube-context <name>', about: 'the same, of another context than its current one' },
  {
    flags: '--timeout <duration>',
    about: 'how long one request may take; 30s when absent',
    read: readTimeout,
  },
  { flags: '-v, --verbose', about: 'tell requests and their ids on standard error' },
  { flags: '--color', about: 'colours, wherever the output goes' },
  { flags: '--no-color', about: 'no colours; so does NO_COLOR' },
];
