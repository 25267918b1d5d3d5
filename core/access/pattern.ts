/** Characters of a pattern, and of a value that is held against one. */
export const patternLimits = { pattern: 256, value: 2048 } as const;

/** Whether a text may stand as a pattern. */
export function isPattern(text: string): boolean {
  return (
    text !== '' && text.length <= patternLimits.pattern && text.isWellFormed() && !/[\s\p{Cc}]/u.test(text)
  );
}

/**
 * Whether a value is what a pattern says: `*` stands for any characters but `/`, `**` for any at all, everything else
 * for itself. The work is at most the length of one times that of the other, whatever both say. A value that is longer
 * than its limit matches nothing.
 */
export function matches(pattern: string, value: string): boolean {
  if (!pattern.includes('*')) {
    return pattern === value;
  }
  if (value.length > patternLimits.value || pattern.length > patternLimits.pattern) {
    return false;
  }
  const parts = pattern.match(/\*+|[^*]/gu) ?? [];
  const characters = [...value];
  // Which beginnings of the value, by their length, the parts so far can stand for.
  let reached = characters.map(() => false);
  reached.unshift(true);
  for (const part of parts) {
    reached = part.startsWith('*')
      ? stretch(reached, characters, part.length > 1)
      : step(reached, characters, part);
  }
  return reached[characters.length] === true;
}

function stretch(reached: readonly boolean[], characters: readonly string[], isAny: boolean): boolean[] {
  let goesOn = false;
  return reached.map((isReached, length) => {
    goesOn = isReached || (goesOn && (isAny || characters[length - 1] !== '/'));
    return goesOn;
  });
}

function step(reached: readonly boolean[], characters: readonly string[], part: string): boolean[] {
  return reached.map(
    (_, length) => length > 0 && reached[length - 1] === true && characters[length - 1] === part,
  );
}
