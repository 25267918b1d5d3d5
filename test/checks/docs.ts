/**
 * Holds README.md and docs/ to the code: writes the parts that are generated, and proves that every relative
 * link leads somewhere, every error code has its section, and no parameter or field is left out of docs/api.md.
 *
 *   tsx test/checks/docs.ts            writes the generated parts in place
 *   tsx test/checks/docs.ts --check    writes nothing; fails where a part is not what it would write
 *
 * A generated part stands between `<!-- generated:NAME -->` and `<!-- /generated -->`.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { openapiDocument } from '../../core/contract/openapi.ts';
import { errorTable } from '../../core/errors.ts';
import { parts } from './docs/parts.ts';

const ROOT = join(import.meta.dirname, '../..');
const isCheck = process.argv.includes('--check');
const complaints: string[] = [];

const written = new Set<string>();

/** The text with its generated parts as they ought to be. */
function regenerate(file: string, text: string): string {
  return text.replace(
    /(<!-- generated:(\S+) -->\n)[\s\S]*?(<!-- \/generated -->)/g,
    (whole: string, opening: string, name: string, closing: string) => {
      const part = parts[name];
      if (part === undefined) {
        complaints.push(`${file}: there is no generated part called ${name}`);
        return whole;
      }
      written.add(name);
      return `${opening}${part()}\n${closing}`;
    },
  );
}

function bringUpToDate(file: string): void {
  const path = join(ROOT, file);
  const present = readFileSync(path, 'utf8');
  const wanted = regenerate(file, present);
  if (wanted === present) {
    return;
  }
  if (!isCheck) {
    writeFileSync(path, wanted);
    console.log(`${file}: written anew`);
    return;
  }
  const lines = present.split('\n');
  const should = wanted.split('\n');
  const at = should.findIndex((line, index) => line !== lines[index]);
  complaints.push(
    `${file}:${at + 1}: not what the code says; run npm run docs\n  is      ${lines[at] ?? ''}\n  must be ${should[at] ?? ''}`,
  );
}

/** The text without code, in which nothing is a link or a heading. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '');

/** The anchors of a file's headings. */
function anchors(text: string): ReadonlySet<string> {
  return new Set(
    [...prose(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function followLinks(file: string): void {
  const text = prose(readFileSync(join(ROOT, file), 'utf8')).replaceAll(/`[^`\n]*`/g, '`');
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/i.test(target)) {
      continue;
    }
    const [path = '', anchor] = target.split('#', 2);
    const to = path === '' ? join(ROOT, file) : resolve(ROOT, dirname(file), path);
    if (!existsSync(to)) {
      complaints.push(`${file}: the link ${target} leads nowhere`);
    } else if (
      anchor !== undefined &&
      (!statSync(to).isFile() || !anchors(readFileSync(to, 'utf8')).has(anchor))
    ) {
      complaints.push(`${file}: the link ${target} leads to a heading that does not exist`);
    }
  }
}

/** Every code has a section with what is generated and what to do, and no section is of another code. */
function checkErrors(): void {
  const sections = new Map(
    readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
      .split(/^## /m)
      .flatMap((section) => {
        const [, name] = /^`(\w+)`\n/.exec(section) ?? [];
        return name === undefined ? [] : [[name, section] as const];
      }),
  );
  for (const name of Object.keys(errorTable)) {
    const advice = sections.get(name)?.split('<!-- /generated -->')[1]?.trim() ?? '';
    if (advice === '') {
      complaints.push(`docs/errors.md: ${name} has no section that says what to do`);
    }
  }
  for (const name of sections.keys()) {
    if (!Object.hasOwn(errorTable, name)) {
      complaints.push(`docs/errors.md: there is no error code ${name}`);
    }
  }
}

/** The names in an OpenAPI document: of parameters, of the members of objects, and the words that may stand for a value. */
function namesIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) {
    return [];
  }
  const { name, properties, enum: words } = node as Readonly<Record<string, unknown>>;
  return [
    ...('in' in node && typeof name === 'string' ? [name] : []),
    ...(typeof properties === 'object' && properties !== null ? Object.keys(properties) : []),
    ...(Array.isArray(words) ? words.filter((word) => typeof word === 'string') : []),
    ...Object.values(node).flatMap(namesIn),
  ];
}

/** Everything that can be sent, asked for or answered is named in docs/api.md. */
function checkApi(): void {
  const text = readFileSync(join(ROOT, 'docs/api.md'), 'utf8');
  const quoted = [...text.matchAll(/^```[\s\S]*?^```|`[^`\n]+`/gm)].flatMap(([part]) =>
    part.split(/[^\w-]+/),
  );
  const told = new Set(quoted);
  const document = openapiDocument({ name: '', version: '', description: '' });
  for (const name of new Set(namesIn(document))) {
    if (!told.has(name)) {
      complaints.push(`docs/api.md: ${name} is in the API and is not told`);
    }
  }
}

const documents = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.split(sep).join('/')}`)
    .sort(),
];
for (const file of documents) bringUpToDate(file);
for (const name of Object.keys(parts)) {
  if (!written.has(name)) complaints.push(`no document has the generated part ${name}`);
}
for (const file of documents) followLinks(file);
checkErrors();
checkApi();
for (const complaint of complaints) console.error(complaint);
console.log(
  `docs: ${documents.length} documents under ${relative(process.cwd(), ROOT) || '.'}, ${written.size} generated parts, ${complaints.length} faults`,
);
process.exitCode = complaints.length === 0 ? 0 : 1;
