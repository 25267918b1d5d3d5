/**
 * Installs what the tests on LocalStack need, unless it is there already.
 *
 *   npm run localstack:build
 */
import { ensureRic } from '../lambda/ric.ts';
import { ensureLocalStack } from './install.ts';

const [localstack, ric] = [await ensureLocalStack(console.error), await ensureRic()];
for (const part of [localstack, ric]) {
  if ('reason' in part) {
    console.error(`${part.reason} The tests that need it are skipped.`);
  } else {
    console.log('python' in part ? part.python : part.directory);
  }
}
