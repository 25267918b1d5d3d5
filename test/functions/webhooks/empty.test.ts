/** A client that writes out every field says nothing with an empty one: it is as if it were left out. */
import { expect, test } from 'vitest';
import { expectError, useKite } from '../../support/kite.ts';

const kite = useKite();

test('empty optional fields of a webhook count as absent', async () => {
  const issue = await kite.failure('pipeline-failure', {
    pipelineName: 'checkout',
    namespace: 'team-a',
    failureReason: 'boom',
    severity: '',
    runId: '',
    logsUrl: '',
    eventId: '',
    cluster: '',
    observedAt: '',
  });
  expect(issue).toMatchObject({ severity: 'major', cluster: 'local', links: [], occurrences: 1 });
});

test('an empty required field is missing', async () => {
  const answer = await kite.post('/webhooks/pipeline-failure', {
    pipelineName: '',
    namespace: 'team-a',
    failureReason: 'boom',
  });
  expectError(answer, 400);
});
