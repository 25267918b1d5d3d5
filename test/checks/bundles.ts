/**
 * Holds how large the bundle of each handler may be: a cold start reads and runs all of it. Tells every size, and of a
 * bundle that is too large what is in it. None holds AWS's own clients.
 *
 *   tsx test/checks/bundles.ts
 */
import { build, type Metafile } from 'esbuild';
import { functionsBuild } from '../../build.ts';

/** Thousands of bytes, minified. A storm of failures starts many of the ingest handlers at once. */
const MOST = { ingest: 200, other: 250 };
const INGEST = /^(webhooks\/|reports\/apply$)/;
const AWS_CLIENTS = /^node_modules\/(@aws-sdk|@smithy|aws-sdk)\//;
const PARTS_SHOWN = 12;

type Output = Metafile['outputs'][string];

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);

/** What takes the most room: packages, and files of our own. */
function largestParts({ inputs }: Output): string[] {
  const parts = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const part = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
    parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
  }
  return [...parts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, PARTS_SHOWN)
    .map(([part, bytes]) => `      ${kilobytes(bytes).padStart(6)}  ${part}`);
}

const { metafile } = await build({ ...functionsBuild(), write: false, metafile: true });
const bundles = Object.entries(metafile.outputs)
  .map(([path, output]) => {
    const handler = path.replace(/^dist\/functions\//, '').replace(/\/index\.mjs$/, '');
    return { handler, output, most: INGEST.test(handler) ? MOST.ingest : MOST.other };
  })
  .sort((a, b) => b.output.bytes - a.output.bytes);

let tooLarge = 0;
console.log('    KB  at most  handler');
for (const { handler, output, most } of bundles) {
  const isTooLarge = output.bytes > most * 1000;
  const verdict = isTooLarge ? '  TOO LARGE, of which' : '';
  console.log(`${kilobytes(output.bytes).padStart(6)}  ${String(most).padStart(7)}  ${handler}${verdict}`);
  if (isTooLarge) {
    tooLarge += 1;
    for (const part of largestParts(output)) console.log(part);
  }
}
const withClients = bundles.filter(({ output }) =>
  Object.keys(output.inputs).some((path) => AWS_CLIENTS.test(path)),
);
for (const { handler } of withClients) console.log(`${handler} holds AWS's clients: sign the request itself`);
console.log(`bundles: ${bundles.length}, ${tooLarge} too large, ${withClients.length} with AWS's clients`);
process.exit(tooLarge + withClients.length === 0 ? 0 : 1);
