/** How many columns of a terminal a text takes. */

const ascii = /^[\u0020-\u007e]*$/;
/** Shown upon the character before, or not at all. */
const nothing = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** East Asian wide and fullwidth, and what is drawn as a picture. */
const wide =
  /^[\u1100-\u115f\u231a\u231b\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f004}\u{1f0cf}\u{1f18e}\u{1f191}-\u{1f19a}\u{1f200}-\u{1f320}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;

let segmenter: Intl.Segmenter | undefined;

/**
 * Letters, signs, syllables and ideographs that each stand by themselves: to tell others apart takes the tables of Unicode,
 * which take 15 ms to be loaded.
 */
const simple =
  /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0391-\u03c9\u0410-\u044f\u2010-\u2027\u2030-\u205e\u2500-\u25ff\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;
/** Of those, the ones from here on are wide. */
const firstWide = 0x3000;

/** What is seen as one character. */
function characters(text: string): string[] {
  if (simple.test(text)) return text.split('');
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}

function widthOfCharacter(character: string): number {
  if (simple.test(character)) return character.charCodeAt(0) >= firstWide ? 2 : 1;
  if (nothing.test(character)) return 0;
  return wide.test(character) || character.includes('\ufe0f') ? 2 : 1;
}

export function widthOf(text: string): number {
  if (ascii.test(text)) return text.length;
  return characters(text).reduce((sum, character) => sum + widthOfCharacter(character), 0);
}

/** No wider than `most`; where something is cut off the text ends in `…`. */
export function cut(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  if (most <= 0) return '';
  let kept = '';
  let taken = 0;
  for (const character of characters(text)) {
    const width = widthOfCharacter(character);
    if (taken + width > most - 1) break;
    kept += character;
    taken += width;
  }
  return `${kept}…`;
}

/** Exactly `columns` wide where the text is no wider. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** In lines of at most `most` columns, broken between words where there are any. */
export function wrap(text: string, most: number): readonly string[] {
  if (widthOf(text) <= most) return [text];
  const found: string[] = [];
  let current = '';
  for (const word of text.split(/(?<=\s)/)) {
    if (current !== '' && widthOf(current + word.trimEnd()) > most) {
      found.push(current.trimEnd());
      current = '';
    }
    current += word;
    while (widthOf(current.trimEnd()) > most) {
      const first = cut(current, most + 1).slice(0, -1);
      found.push(first);
      current = current.slice(first.length);
    }
  }
  return current.trim() === '' ? found : [...found, current.trimEnd()];
}
