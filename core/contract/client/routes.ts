import type { Operation } from '../operation.ts';
import { type OperationId, operations } from '../operations.ts';

/** What a client has to know of an operation while it runs. */
export interface Route {
  readonly method: Operation['method'];
  readonly path: string;
  /** Whether the same `Idempotency-Key` makes it the same call. */
  readonly takesKey: boolean;
  /** Whether it is a message of a reporter, which is told apart by its own event id or run first. */
  readonly isReport: boolean;
  /** By status, the names that an answer must have; null for an answer that may be anything. */
  readonly answers: Readonly<Record<string, readonly string[] | null>>;
}

/**
 * The table of operations without its forms. The bundle of the command line carries these as they are, made when it is built,
 * and none of the forms: making the forms takes a fourth of the time in which a command has to start.
 */
export const routes: Readonly<Record<OperationId, Route>> = Object.fromEntries(
  Object.entries<Operation>(operations).map(([id, operation]) => [
    id,
    {
      method: operation.method,
      path: operation.path,
      takesKey: operation.idempotencyKey === true,
      isReport: operation.access === 'report',
      answers: Object.fromEntries(
        Object.entries(operation.answers).map(([status, { schema }]) => [status, namesIn(schema)]),
      ),
    },
  ]),
) as Record<OperationId, Route>;

/** The names that every value of an object's form has; null where it is no object or may be null. */
function namesIn(schema: Operation['answers'][number]['schema']): readonly string[] | null {
  const shape = (schema as { def?: { shape?: Record<string, { def: { type: string } }> } } | undefined)?.def
    ?.shape;
  if (shape === undefined) return null;
  return Object.entries(shape).flatMap(([name, { def }]) => (def.type === 'optional' ? [] : [name]));
}
