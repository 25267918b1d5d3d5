/**
 * Holds the layout of docs/architecture.md: what may lie at the top, no drawers, no long files, and
 * migrations that are numbered without gaps and never change once they have landed.
 *
 *   tsx test/checks/tree.ts [directory]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';

const ROOT = process.argv[2] ?? join(import.meta.dirname, '../..');

const TOP_LEVEL = new Set([
  ...['core', 'db', 'functions', 'operator', 'clients', 'infra', 'test', 'docs'],
  ...['README.md', 'LICENSE', 'package.json', 'package-lock.json', 'tsconfig.json', 'cdk.json'],
  ...['build.ts', 'vitest.config.ts', 'biome.json', 'knip.json', '.dependency-cruiser.cjs'],
  ...['.ci', '.editorconfig', '.gitattributes', '.github', '.gitignore', '.nvmrc', '.dockerignore', '.npmrc'],
]);
const DRAWERS = new Set(['utils', 'helpers', 'common', 'services']);
const MOST_LINES = 300;
const SOURCE = /\.([cm]?[jt]sx?|css|sh|bash|py)$|^\.ci\//;
const MIGRATIONS = 'db/migrations/';
const MIGRATION_NAME = /^(\d{4})_[a-z0-9]+(-[a-z0-9]+)*\.sql$/;

/** What git says, or undefined where there is no git, no repository or no such object. */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1024 ** 3,
    });
  } catch {
    return undefined;
  }
}

/** The project's files as git sees them (tracked or new, not ignored); without git, those on disk. */
function projectFiles(): string[] {
  const listed = git('ls-files', '-z', '--cached', '--others', '--exclude-standard');
  if (listed !== undefined) {
    const paths = new Set(listed.split('\0').filter((path) => path !== ''));
    return [...paths].filter((path) => existsSync(join(ROOT, path))).sort();
  }
  const ignored = new Set(['.git', 'node_modules', 'dist', 'coverage', 'cdk.out', '.kite']);
  const walk = (directory: string): string[] =>
    readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !ignored.has(entry.name))
      .flatMap((entry) => {
        const path = join(directory, entry.name);
        return entry.isDirectory() ? walk(path) : [relative(ROOT, path).split(sep).join('/')];
      });
  return walk(ROOT).sort();
}

/** Lines that hold code: neither blank nor only a comment. */
function linesOfCode(path: string): number {
  const lineComment = /\.(sh|bash|py)$|^\.ci\//.test(path) ? '#' : '//';
  let inBlock = false;
  let count = 0;
  for (const line of readFileSync(join(ROOT, path), 'utf8').split('\n')) {
    const text = line.trim();
    const opens = lineComment === '//' && text.startsWith('/*');
    if (inBlock || opens) inBlock = !text.includes('*/');
    else if (text !== '' && !text.startsWith(lineComment)) count += 1;
  }
  return count;
}

function strangers(files: string[]): string[] {
  const top = new Set(files.map((path) => path.split('/')[0] ?? path));
  return [...top].filter((name) => !TOP_LEVEL.has(name)).map((name) => `${name}: not a top-level entry`);
}

function drawers(files: string[]): string[] {
  const folders = new Set(
    files.flatMap((path) => {
      const parts = path.split('/').slice(0, -1);
      return parts.map((_, depth) => parts.slice(0, depth + 1).join('/'));
    }),
  );
  return [...folders]
    .filter((folder) => DRAWERS.has(basename(folder)))
    .map((folder) => `${folder}/: a drawer; put each module into the room whose word it is`);
}

function longFiles(files: string[]): string[] {
  return files
    .filter((path) => SOURCE.test(path) && !path.startsWith('test/fixtures/'))
    .map((path) => ({ path, lines: linesOfCode(path) }))
    .filter(({ lines }) => lines > MOST_LINES)
    .sort((a, b) => b.lines - a.lines)
    .map(({ path, lines }) => `${path}: ${lines} lines of code, at most ${MOST_LINES}`);
}

/** Migrations are called 0001_what-it-does.sql, 0002_…, without a gap or a number used twice. */
function misnumberedMigrations(files: string[]): string[] {
  const names = files
    .filter((path) => path.startsWith(MIGRATIONS))
    .map((path) => path.slice(MIGRATIONS.length));
  const numbers = names.flatMap((name) => MIGRATION_NAME.exec(name)?.[1] ?? []);
  return [
    ...names
      .filter((name) => !MIGRATION_NAME.test(name))
      .map((name) => `${MIGRATIONS}${name}: not named NNNN_what-it-does.sql`),
    ...numbers.flatMap((number, index) => {
      const expected = String(index + 1).padStart(4, '0');
      return number === expected ? [] : [`${MIGRATIONS}${number}_*: expected number ${expected} here`];
    }),
  ];
}

/**
 * A migration that has landed has run somewhere, so editing it forks the schemas. Landed means in HEAD,
 * and on a branch also where it left origin/main: otherwise the commit that edits it would be its own
 * witness.
 */
function thawedMigrations(): { complaints: string[]; isChecked: boolean } {
  const head = git('rev-parse', '--verify', 'HEAD');
  const fork = git('merge-base', 'HEAD', 'origin/main');
  const commits = new Set([head, fork].flatMap((commit) => commit?.trim() ?? []));
  return { complaints: [...commits].flatMap(thawedSince), isChecked: commits.size > 0 };
}

/** The migrations that `commit` holds and that are different now, or gone. */
function thawedSince(commit: string): string[] {
  const since = commit.slice(0, 9);
  const landed = (git('ls-tree', '-z', '--name-only', commit, '--', MIGRATIONS) ?? '').split('\0');
  return landed
    .filter((path) => path !== '')
    .flatMap((path) => {
      if (!existsSync(join(ROOT, path))) return [`${path}: landed in ${since} and is gone`];
      if (git('show', `${commit}:${path}`) === readFileSync(join(ROOT, path), 'utf8')) return [];
      return [`${path}: differs from what landed in ${since}; write a new migration`];
    });
}

const files = projectFiles();
const frozen = thawedMigrations();
const complaints = [
  ...(files.length === 0 ? ['saw no files at all'] : []),
  ...strangers(files),
  ...drawers(files),
  ...longFiles(files),
  ...misnumberedMigrations(files),
  ...frozen.complaints,
];
for (const complaint of complaints) console.error(complaint);
const migrations = frozen.isChecked
  ? 'migrations frozen'
  : 'migrations not compared (no commit yet, or no git)';
console.log(`tree: ${files.length} files, ${migrations}, ${complaints.length} violations`);
process.exitCode = complaints.length === 0 ? 0 : 1;
