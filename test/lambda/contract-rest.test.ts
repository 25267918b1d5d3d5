/**
 * What the contract says of every operation and of everybody who asks, of reports, webhooks, keys and the audit, said by
 * the functions as they are deployed: the same tests as of the gateway.
 */
import { describe } from 'vitest';

process.env.KITE_TEST_TARGET = 'functions';
describe('every operation', async () => {
  await import('../functions/access/matrix.test.ts');
});
describe('reports', async () => {
  await import('../functions/reports/apply.test.ts');
  await import('../functions/reports/list.test.ts');
  await import('../functions/reports/source.test.ts');
  await import('../functions/webhooks/mintmaker.test.ts');
  await import('../functions/webhooks/release.test.ts');
  await import('../functions/webhooks/switches.test.ts');
  await import('../journeys/first-reports.test.ts');
  await import('../journeys/retry.test.ts');
});
describe('keys', async () => {
  await import('../functions/keys/keys.test.ts');
  await import('../functions/audit/list.test.ts');
});
