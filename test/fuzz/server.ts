/**
 * Kite on a database of its own with two related issues in it: prints the URL, and on SIGTERM or SIGINT ends all that it
 * started.
 */
import { issueBody } from '../support/bodies.ts';
import { startServer } from '../support/server.ts';

const starting = startServer();
const stop = (): void => void starting.then((started) => started.close());
process.once('SIGTERM', stop).once('SIGINT', stop);
const server = await starting;
try {
  const [first, second] = [await create('checkout'), await create('billing')];
  await post(`/issues/${first}/related`, { relatedId: second });
  console.log(server.url);
} catch (error) {
  await server.close();
  throw error;
}

async function create(resourceName: string): Promise<string> {
  const scope = { resourceType: 'component', resourceName };
  const { id } = (await post('/issues', issueBody('team-fuzz-tenant', { scope }))) as { id: string };
  return id;
}

async function post(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) {
    throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
  }
  return response.json();
}
