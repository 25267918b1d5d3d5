import type * as z from 'zod/mini';
import type { OperationId, operations } from '../operations.ts';

type Table = typeof operations;

/** One value of a query: a list says any of them, a number is written in digits. */
type Word<T> = T extends readonly (infer One)[]
  ? readonly One[] | One
  : T extends string
    ? string extends T
      ? string | number
      : T
    : never;

type QueryOf<Op> = Op extends { readonly query: infer Form extends z.ZodMiniType }
  ? {
      readonly query?: {
        readonly [Name in keyof z.input<Form>]?: Word<NonNullable<z.input<Form>[Name]>> | undefined;
      };
    }
  : object;

type ParamsOf<Op> = Op extends { readonly params: infer Form extends z.ZodMiniType }
  ? { readonly params: z.input<Form> }
  : object;

type BodyOf<Op> = Op extends { readonly body: infer Form extends z.ZodMiniType }
  ? { readonly body: z.input<Form> }
  : object;

/** What an operation is asked with. */
export type Request<Id extends OperationId> = QueryOf<Table[Id]> & ParamsOf<Table[Id]> & BodyOf<Table[Id]>;

type Answers<Id extends OperationId> = Table[Id]['answers'];

/** What an operation answers when it works; the status tells which of its forms the body has. */
export type Answer<Id extends OperationId> = {
  [Status in keyof Answers<Id>]: {
    readonly status: Status;
    readonly body: Answers<Id>[Status] extends { readonly schema: infer Form extends z.ZodMiniType }
      ? z.output<Form>
      : undefined;
    readonly requestId: string | null;
  };
}[keyof Answers<Id>];
