import { startEmbedded } from '../../db/embedded.ts';

// A process that owns an embedded server until it is killed: `node --import tsx test/support/embedded-main.ts <directory>`.
// Prints one line of JSON when the server answers.
const directory = process.argv[2];
if (directory === undefined) {
  throw new Error('Name the directory.');
}
const { port, adopted } = await startEmbedded({ directory, durable: false });
console.log(JSON.stringify({ port, adopted }));
setInterval(() => undefined, 60_000);
