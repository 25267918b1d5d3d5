// Starts the real runtime interface client on the function in LAMBDA_TASK_ROOT.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { LAMBDA_RUNTIME_DIR = '', LAMBDA_TASK_ROOT } = process.env;
const { run } = await import(pathToFileURL(join(LAMBDA_RUNTIME_DIR, 'dist/index.mjs')).href);
await run(LAMBDA_TASK_ROOT, process.argv[2]);
