import type { Style } from './style.ts';
import { cut, pad, widthOf } from './width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  /** Columns of the terminal that it keeps when there is no room; what cannot shrink has none. */
  readonly least?: number;
  /** Which go first where even the least widths do not fit; those without stay. */
  readonly drop?: number;
}

const gap = 2;

/** A table whose widths are settled: every further row fits under the first ones. */
export interface Layout<Row> {
  readonly head: string;
  line(row: Row): string;
}

/**
 * Settles the widths by the first rows, so that later ones can be printed as they come.
 *
 * @param columns how wide the terminal is; null where nothing is cut
 * @param growing whether more rows follow that may be wider
 */
export function layout<Row>(
  all: readonly Column<Row>[],
  rows: readonly Row[],
  columns: number | null,
  bold: Style,
): Layout<Row> {
  let shown = all.map((column) => ({
    column,
    width: Math.max(widthOf(column.title), ...rows.map((row) => widthOf(column.text(row)))),
  }));
  if (columns !== null) shown = narrow(shown, columns);
  const last = shown.length - 1;
  const join = (cells: readonly string[]) => cells.join(' '.repeat(gap)).trimEnd();
  // The last one is cut only where a terminal would break the line.
  const room = (index: number, width: number) =>
    index === last && columns === null ? Number.POSITIVE_INFINITY : width;
  return {
    head: bold(
      join(
        shown.map(({ column, width }, index) =>
          index === last ? cut(column.title, width) : pad(cut(column.title, width), width),
        ),
      ),
    ),
    line: (row) =>
      join(
        shown.map(({ column, width }, index) => {
          const whole = column.text(row);
          const text = columns === null ? whole : cut(whole, room(index, width));
          const styled = column.style?.(row)(text) ?? text;
          return index === last ? styled : styled + ' '.repeat(Math.max(0, width - widthOf(text)));
        }),
      ),
  };
}

interface Sized<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

const total = (shown: readonly { readonly width: number }[]): number =>
  shown.reduce((sum, { width }) => sum + width, gap * (shown.length - 1));

/** Narrows what can be narrowed, the widest first, and then leaves out what can be left out. */
function narrow<Row>(sized: readonly Sized<Row>[], columns: number): Sized<Row>[] {
  let shown = sized.map((one) => ({ ...one }));
  const least = () =>
    total(shown.map(({ column, width }) => ({ width: Math.min(width, column.least ?? width) })));
  while (least() > columns) {
    const droppable = shown.filter(({ column }) => column.drop !== undefined);
    const first = droppable.sort((a, b) => (a.column.drop ?? 0) - (b.column.drop ?? 0))[0];
    if (first === undefined) break;
    shown = shown.filter((one) => one !== first);
  }
  for (let over = total(shown) - columns; over > 0; over = total(shown) - columns) {
    const widest = shown
      .filter(({ column, width }) => column.least !== undefined && width > column.least)
      .sort((a, b) => b.width - a.width);
    const [first, second] = widest;
    if (first === undefined) break;
    const down = Math.max(first.column.least ?? 0, second?.width ?? 0, first.width - over);
    shown = shown.map((one) => (one === first ? { ...one, width: Math.min(first.width - 1, down) } : one));
  }
  return shown;
}
