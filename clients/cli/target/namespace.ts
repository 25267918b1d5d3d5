import { UsageError } from '../failure.ts';
import type { Target } from './target.ts';

/** @throws UsageError where nobody says a namespace */
export async function needNamespace(target: Target): Promise<string> {
  const namespace = await target.namespace();
  if (namespace !== null) return namespace;
  throw new UsageError(
    'which namespace? Say -n NAMESPACE or set KITE_NAMESPACE; -A lists all that you may see',
  );
}
