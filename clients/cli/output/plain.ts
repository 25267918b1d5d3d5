/**
 * Text of others that can do nothing to a terminal: no escape sequence, no bell, no change of direction, no line that
 * overwrites another one. What is taken out is shown as `�`.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** On one line: line breaks and tabs become a space. */
export function line(text: unknown): string {
  return String(text ?? '')
    .replaceAll(/\s*[\r\n\t]+\s*/g, ' ')
    .replaceAll(controls, '�')
    .trim();
}

/** On several lines, as they are broken. */
export function lines(text: unknown): readonly string[] {
  return String(text ?? '')
    .split(/\r\n|\n|\r/)
    .map((one) => one.replaceAll('\t', '    ').replaceAll(controls, '�').trimEnd());
}

const rawInJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** In JSON and in YAML in double quotes: the same text, in escapes that a reader takes back. */
export function escapeRaw(text: string): string {
  return text.replaceAll(
    rawInJson,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Whether a text holds what `escapeRaw` escapes. */
export function isRaw(text: string): boolean {
  rawInJson.lastIndex = 0;
  return rawInJson.test(text);
}
