import type { Io } from '../io.ts';
import { escapeRaw, isRaw } from './plain.ts';
import { type Styles, stylesOf } from './style.ts';
import { type Column, type Layout, layout } from './table.ts';

/** How a command can print what it found. */
export type Format = 'table' | 'json' | 'yaml' | 'junit' | 'markdown';

/** What a command prints, in the form that was asked for. Standard output holds nothing but this. */
export interface Output {
  readonly format: Format;
  readonly styles: Styles;
  /** Lines of text as they are: whoever calls has taken care of what others wrote. */
  text(...lines: readonly string[]): Promise<void>;
  /** One value, where the format is JSON or YAML. */
  data(value: unknown): Promise<void>;
  /** A list as it comes, page by page, with no more than a page in memory. */
  list<Row>(pages: AsyncIterable<readonly Row[]>, columns: readonly Column<Row>[]): Promise<number>;
  /** A line for the person, on standard error; only where the format is a table, and somebody reads it. */
  note(line: string): void;
}

export const isData = (format: Format): boolean => format === 'json' || format === 'yaml';

export function outputTo(io: Io, format: Format): Output {
  const styles = stylesOf(io);
  const text = async (...lines: readonly string[]) => {
    await io.print(lines.map((line) => `${line}\n`).join(''));
  };
  return {
    format,
    styles,
    text,
    async data(value) {
      await io.print(format === 'yaml' ? await yaml(value) : `${json(value)}\n`);
    },
    async list(pages, columns) {
      if (format === 'json') return jsonList(io, pages);
      if (format === 'yaml') return yamlList(io, pages);
      let count = 0;
      let table: Layout<unknown> | undefined;
      for await (const rows of pages) {
        if (rows.length === 0) continue;
        const settled: Layout<(typeof rows)[number]> =
          table ?? layout(columns, rows, io.size()?.columns ?? null, styles.bold);
        await text(...(count === 0 ? [settled.head] : []), ...rows.map((row) => settled.line(row)));
        table = settled as Layout<unknown>;
        count += rows.length;
        if (io.isGone()) break;
      }
      return count;
    },
    note: (line) => {
      if (format === 'table' && !io.isGone()) io.note(line);
    },
  };
}

const json = (value: unknown): string => escapeRaw(JSON.stringify(value, null, 2));

/** What some reader or other takes for a number, a time, a merge or a default, beside what YAML 1.1 names. */
const misread = /^[-+._]*\d\S*$|^(?:=|<<)$/;

async function yaml(value: unknown): Promise<string> {
  const { Document, visit, Scalar } = await import('yaml');
  // By the rules of YAML 1.1, which many readers still follow; whatever is quoted is the same text in YAML 1.2.
  const document = new Document(value, {
    version: '1.1',
    aliasDuplicateObjects: false,
    // It writes `<<` without quotes, whatever the node says.
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:merge'),
  });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && (isRaw(node.value) || misread.test(node.value))) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return escapeRaw(document.toString({ lineWidth: 0 }));
}

async function jsonList(io: Io, pages: AsyncIterable<readonly unknown[]>): Promise<number> {
  let count = 0;
  for await (const rows of pages) {
    const texts = rows.map((row) => json(row).replaceAll(/^/gm, '  '));
    if (texts.length === 0) continue;
    await io.print(`${count === 0 ? '[\n' : ',\n'}${texts.join(',\n')}`);
    count += rows.length;
    if (io.isGone()) break;
  }
  await io.print(count === 0 ? '[]\n' : '\n]\n');
  return count;
}

/** Rows that are made YAML at once: its nodes take a hundred times the memory of the text. */
const yamlRows = 20;

async function yamlList(io: Io, pages: AsyncIterable<readonly unknown[]>): Promise<number> {
  let count = 0;
  for await (const rows of pages) {
    for (let from = 0; from < rows.length; from += yamlRows) {
      await io.print(await yaml(rows.slice(from, from + yamlRows)));
    }
    count += rows.length;
    if (io.isGone()) break;
  }
  if (count === 0) await io.print('[]\n');
  return count;
}
