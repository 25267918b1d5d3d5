import type { Grant } from './grant.ts';
import { matches } from './pattern.ts';

/** What is given to those whose token says certain things. */
export interface Rule extends Grant {
  /** The name of the issuer that must have signed it. */
  readonly issuer: string;
  /** By claim, a pattern: all of them must match. */
  readonly match: Readonly<Record<string, string>>;
}

/** The rules that a token's claims satisfy. */
export function satisfied<R extends Rule>(
  rules: readonly R[],
  issuer: string,
  claims: Readonly<Record<string, unknown>>,
): readonly R[] {
  return rules.filter(
    (rule) =>
      rule.issuer === issuer &&
      Object.entries(rule.match).every(
        ([claim, pattern]) => Object.hasOwn(claims, claim) && says(claims[claim], pattern),
      ),
  );
}

/** Of a list, one entry that matches is enough. An object matches nothing. */
function says(claim: unknown, pattern: string): boolean {
  if (Array.isArray(claim)) {
    return claim.some((entry) => !Array.isArray(entry) && says(entry, pattern));
  }
  const isPlain = typeof claim === 'string' || typeof claim === 'number' || typeof claim === 'boolean';
  return isPlain && matches(pattern, String(claim));
}
