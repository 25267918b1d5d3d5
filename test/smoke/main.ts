import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { smoke } from './steps.ts';

const usage = `Asks a running Kite whether it works: one issue is reported, read, resolved by a passing report, and deleted.

  npm run smoke -- --url URL [--token-file FILE] [--namespace NAME] [--cluster NAME] [--timeout SECONDS]

  --url URL          where the API is, without /api/v1; on AWS the output Url of the stack, with its stage
  --token-file FILE  holds the token or the API key to show; else KITE_TOKEN, else none
  --namespace NAME   where the caller has read, report and act (a namespace of its own)
  --cluster NAME     the cluster that the issue is of (the one that the server stands for)
  --timeout SECONDS  for one answer (30)

  npm run smoke -- --url http://127.0.0.1:8080
  KITE_TOKEN=kite_… npm run smoke -- --url https://abc.execute-api.eu-central-1.amazonaws.com/prod

Ends with 0 when all went well, with 1 when something did not, with 2 when the command line is not understood. What it
made is deleted, also when it fails.
`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string' },
      'token-file': { type: 'string' },
      namespace: { type: 'string' },
      cluster: { type: 'string' },
      timeout: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const { url = '', namespace, cluster, timeout } = values;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Error(url === '' ? '--url is missing' : `--url ${url} is not an http or https URL`);
  }
  if (!/^[1-9]\d{0,3}$/.test(timeout)) {
    throw new Error(`--timeout ${timeout} is not a number of seconds`);
  }
  const name = `smoke-${randomBytes(6).toString('hex')}`;
  const isWell = await smoke({
    url: url.replace(/\/+$/, '').replace(/\/api\/v1$/, ''),
    token: await readToken(values['token-file']),
    timeout: Number(timeout) * 1000,
    namespace: namespace ?? `kite-${name}`,
    cluster,
    name,
    elapsed: () => performance.now(),
    write: (line) => process.stdout.write(line),
  });
  process.stdout.write(isWell ? 'Kite works.\n' : 'Kite does not work as it should.\n');
  return isWell ? 0 : 1;
}

async function readToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) {
    return process.env.KITE_TOKEN === '' ? undefined : process.env.KITE_TOKEN;
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(`--token-file cannot be read: ${error instanceof Error ? error.message : error}`);
  });
  if (text.trim() === '') {
    throw new Error(`--token-file ${file} is empty`);
  }
  return text.trim();
}
