import * as z from 'zod/mini';
import type { Answer } from '../support/kite.ts';

const form = z.object({
  error: z.string(),
  message: z.string(),
  code: z.string(),
  details: z.array(z.unknown()),
  requestId: z.string().check(z.minLength(8)),
});

/** The answer's status and code; fails where its body is not an error in Kite's form. */
export function problem({ status, body, text }: Answer): { readonly status: number; readonly code: string } {
  const parsed = form.safeParse(body);
  if (!parsed.success) {
    throw new Error(`${status} is not answered in Kite's form: ${text.slice(0, 500)}`);
  }
  return { status, code: parsed.data.code };
}
