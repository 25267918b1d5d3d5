/** The message of a failure, with that of its causes where it has none of its own. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(sentenceOf).join('; ');
  }
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
