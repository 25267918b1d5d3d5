import type { Issue } from '../../../core/contract/issue.ts';
import type { Io } from '../io.ts';

/** Changes how a text looks, and not what it says. */
export type Style = (text: string) => string;

const plain: Style = (text) => text;
const sgr =
  (on: string, off: string): Style =>
  (text) =>
    text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;

/** How this terminal shows things; where it has no colours, everything as it is. */
export interface Styles {
  readonly bold: Style;
  readonly dim: Style;
  readonly green: Style;
  readonly red: Style;
  readonly yellow: Style;
  readonly severity: (severity: Issue['severity']) => Style;
  readonly state: (state: Issue['state']) => Style;
  /** The text, leading to the address where the terminal can. */
  readonly link: (text: string, url: string) => string;
}

export function stylesOf(io: Io): Styles {
  const use = (style: Style): Style => (io.hasColour ? style : plain);
  const red = use(sgr('31', '39'));
  const yellow = use(sgr('33', '39'));
  const blue = use(sgr('34', '39'));
  const green = use(sgr('32', '39'));
  const dim = use(sgr('2', '22'));
  const critical = use(sgr('1;31', '22;39'));
  const bySeverity: Readonly<Record<string, Style>> = { critical, major: yellow, minor: blue, info: dim };
  const hasLinks = takesLinks(io);
  return {
    bold: use(sgr('1', '22')),
    dim,
    green,
    red,
    yellow,
    severity: (severity) => bySeverity[severity] ?? plain,
    state: (state) => (state === 'RESOLVED' ? green : plain),
    link: (text, url) =>
      hasLinks && /^https?:\/\//i.test(url)
        ? `\u001b]8;;${safeUrl(url)}\u001b\\${text}\u001b]8;;\u001b\\`
        : text,
  };
}

/** An address in the letters that a terminal takes as an address: all others in percent. */
function safeUrl(url: string): string {
  return url.replaceAll(/[^\u0021-\u007e]/gu, (character) =>
    character.isWellFormed() ? encodeURIComponent(character) : '%EF%BF%BD',
  );
}

const linking = new Set(['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper', 'rio', 'Tabby']);

/** Terminals that are known to make a link of OSC 8; FORCE_HYPERLINK says yes or no where we know none. */
function takesLinks({ env, isTerminal }: Io): boolean {
  if (env.FORCE_HYPERLINK !== undefined) return env.FORCE_HYPERLINK !== '0' && isTerminal;
  if (!isTerminal || env.TERM === 'dumb') return false;
  return (
    linking.has(env.TERM_PROGRAM ?? '') ||
    Number(env.VTE_VERSION ?? 0) >= 5000 ||
    env.WT_SESSION !== undefined ||
    env.KITTY_WINDOW_ID !== undefined ||
    env.KONSOLE_VERSION !== undefined ||
    /^(xterm-kitty|alacritty|foot|xterm-ghostty)/.test(env.TERM ?? '')
  );
}
