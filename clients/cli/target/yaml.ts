/**
 * Reads YAML that may have tokens in it: neither an error nor a warning has anything of the text.
 *
 * @throws Error that says what is wrong by the code of the reader, and in which line
 */
export async function parseYaml(text: string): Promise<unknown> {
  const { parseDocument, visit } = await import('yaml');
  const wrong = (code: string, at: number | undefined): Error =>
    new Error(
      `YAML code ${code}${at === undefined ? '' : ` at line ${text.slice(0, at).split('\n').length}`}`,
    );
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const [first] = document.errors;
  if (first !== undefined) throw wrong(first.code, first.pos[0]);
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document) === undefined) throw wrong('BAD_ALIAS', node.range?.[0]);
    },
  });
  try {
    return document.toJS();
  } catch {
    throw wrong('UNUSABLE', undefined);
  }
}
