/** What the contract says of issues, said by the functions as they are deployed: the same tests as of the gateway. */
import { describe } from 'vitest';

process.env.KITE_TEST_TARGET = 'functions';
describe('issues', async () => {
  await import('../functions/issues/create.test.ts');
  await import('../functions/issues/update.test.ts');
  await import('../functions/issues/delete.test.ts');
  await import('../functions/issues/events.test.ts');
  await import('../functions/issues/idempotency.test.ts');
  await import('../functions/issues/links.test.ts');
  await import('../functions/issues/neighbours.test.ts');
  await import('../functions/issues/order.test.ts');
  await import('../functions/issues/relations.test.ts');
  await import('../functions/issues/search.test.ts');
  await import('../functions/issues/several-namespaces.test.ts');
  await import('../functions/issues/summary.test.ts');
  await import('../functions/bad-input/query.test.ts');
});
describe('clients', async () => {
  await import('../journeys/clients/console.test.ts');
  await import('../journeys/clients/go-cli.test.ts');
});
