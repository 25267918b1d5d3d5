import { type Document, isCollection, type LineCounter } from 'yaml';
import type * as z from 'zod/mini';

type Issue = z.core.$ZodIssue;

/** Something that is wrong with the file, where it stands. */
export interface Problem {
  /** Such as `controllers.pipelinerun.stuckAfter`; empty for the file as a whole. */
  readonly path: readonly (string | number)[];
  /** Goes on after the path: `is not a number`. */
  readonly message: string;
}

/** What is wrong, each with its path below `root` and what to write instead. */
export function toProblems(root: readonly (string | number)[], issues: readonly Issue[]): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    const path = [...root, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...path, key], message: 'is not a setting that there is' }))
      : [{ path, message: sentence(issue) }];
  });
}

/** A line for each, with the place in the file: `line 7: controllers.pipelinerun.stuckAfter is not …`. */
export function toLines(
  problems: readonly Problem[],
  document: Document,
  counter: LineCounter,
): readonly string[] {
  return problems
    .map(({ path, message }) => ({ path, message, line: lineOf(path, document, counter) }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    .map(({ path, message, line }) => {
      const name = path.length === 0 ? 'the file' : path.join('.');
      return line === undefined ? `${name} ${message}` : `line ${line}: ${name} ${message}`;
    });
}

/** That of the value, or of the nearest that is written down where there is none. */
function lineOf(
  path: readonly (string | number)[],
  document: Document,
  counter: LineCounter,
): number | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    if (!isCollection(parent)) {
      continue;
    }
    const last = path[depth - 1];
    const pair: unknown = parent.items.find(
      (item: unknown, index) => index === last || keyOf(item)?.value === last,
    );
    const range = keyOf(pair)?.range ?? rangeOf(pair);
    if (range !== undefined) {
      return counter.linePos(range[0]).line;
    }
  }
  return undefined;
}

interface Placed {
  readonly value?: unknown;
  readonly range?: readonly [number, ...number[]];
}

function keyOf(item: unknown): Placed | undefined {
  return typeof item === 'object' && item !== null && 'key' in item ? (item.key as Placed) : undefined;
}

function rangeOf(item: unknown): Placed['range'] {
  return typeof item === 'object' && item !== null && 'range' in item
    ? (item.range as Placed['range'])
    : undefined;
}

function sentence(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `is not ${article(issue.expected)}`;
    case 'too_small':
      return issue.origin === 'string' ? 'is empty' : `is less than ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `is longer than ${issue.maximum} characters`
        : `is more than ${issue.maximum}`;
    case 'invalid_value':
      return `is not one of ${issue.values.map(String).join(', ')}`;
    default:
      return issue.message;
  }
}

function article(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    int: 'a whole number',
    string: 'a text',
    boolean: 'true or false',
    array: 'a list',
    object: 'a section',
    record: 'a section',
  };
  return words[expected] ?? `a ${expected}`;
}
