import type * as z from 'zod/mini';
import type { Problem } from '../../core/errors.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong, each with its path under `root` and what to change. */
export function toProblems(root: string, issues: readonly Issue[]): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    const path = [root, ...issue.path.map(String)].join('.');
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      return issue.errors.flatMap((inner) => toProblems(path, inner));
    }
    return [{ path, message: sentence(issue) }];
  });
}

function sentence(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing; it is ${article(issue.expected)}`
        : `is not ${article(issue.expected)}`;
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1
        ? 'is empty'
        : `is ${issue.origin === 'string' || issue.origin === 'array' ? 'shorter' : 'less'} than ${issue.minimum}`;
    case 'too_big':
      return `is ${issue.origin === 'string' || issue.origin === 'array' ? 'longer' : 'more'} than ${issue.maximum}${
        issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : ''
      }`;
    case 'invalid_value':
      return `is not one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'discriminator' in issue && issue.discriminator === 'outcome'
        ? 'is not one of failing, passing'
        : 'has none of the documented forms';
    case 'invalid_key':
      return 'has a name that is empty or longer than it may be';
    default:
      return issue.message;
  }
}

function article(expected: string): string {
  const noun = expected === 'record' ? 'object' : expected === 'int' ? 'whole number' : expected;
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
