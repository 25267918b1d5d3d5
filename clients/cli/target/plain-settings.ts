/** Text that YAML takes for a text, whatever stands around it. */
const scalar = /^[A-Za-z/][A-Za-z0-9_./:@+=-]*[A-Za-z0-9_/=-]$/;
const name = /^[A-Za-z][A-Za-z0-9_.-]*$/;
/** What YAML takes for something else than a text. */
const notText = /^(true|false|null)$/i;

/**
 * Reads settings as `kite login` mostly writes them: plain words, two levels deep. To load a reader of all YAML takes a
 * fifth of the time in which a command has to start.
 *
 * @returns the same as YAML gives; undefined where the text has anything else in it
 */
export function readPlainSettings(text: string): unknown {
  const contexts: Record<string, Record<string, string | boolean>> = {};
  let current: string | null | undefined;
  let context: Record<string, string | boolean> | undefined;
  let hasContexts = false;
  for (const line of text.trimEnd().split('\n')) {
    const [, indent = '', key = '', value] = /^( *)([^\s:]+):(?: (\S+))?$/.exec(line) ?? [];
    if (!name.test(key) || notText.test(key)) return undefined;
    if (indent === '' && key === 'current' && value !== undefined && current === undefined) {
      if (value !== 'null' && !isText(value)) return undefined;
      current = value === 'null' ? null : value;
    } else if (indent === '' && key === 'contexts' && value === undefined && !hasContexts) {
      hasContexts = true;
    } else if (indent === '  ' && hasContexts && value === undefined && !Object.hasOwn(contexts, key)) {
      context = {};
      contexts[key] = context;
    } else if (
      indent === '    ' &&
      context !== undefined &&
      value !== undefined &&
      !Object.hasOwn(context, key)
    ) {
      if (value !== 'true' && !isText(value)) return undefined;
      context[key] = value === 'true' ? true : value;
    } else return undefined;
  }
  // One without fields is no map for YAML.
  if (Object.values(contexts).some((one) => Object.keys(one).length === 0)) return undefined;
  return hasContexts && Object.keys(contexts).length > 0 && current !== undefined
    ? { current, contexts }
    : undefined;
}

function isText(value: string): boolean {
  return scalar.test(value) && !notText.test(value);
}
