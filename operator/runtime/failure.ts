/** Whether an error carries one of these codes, of the system's (`ENOENT`) or of a library's. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
