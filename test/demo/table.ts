/** One column: `least` is the width below which it is not cut, absent where it is never cut. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly least?: number;
  /** Which part of a text that is too long stays. */
  readonly keep?: 'start' | 'ends';
  readonly align?: 'left' | 'right';
}

const gap = '  ';

/** The title line and one line a row. No line is wider than `width` while the columns' least widths allow it. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): { readonly head: string; readonly body: readonly string[] } {
  const cells = rows.map((row) => columns.map((column) => printable(column.text(row))));
  const widths = fitted(
    columns.map((column, index) => ({
      natural: Math.max(column.title.length, ...cells.map((line) => line[index]?.length ?? 0)),
      least: column.least,
    })),
    width - gap.length * (columns.length - 1),
  );
  const line = (texts: readonly string[]): string =>
    columns
      .map((column, index) => {
        const size = widths[index] ?? 0;
        const text = cut(texts[index] ?? '', size, column.keep ?? 'start');
        return column.align === 'right' ? text.padStart(size) : text.padEnd(size);
      })
      .join(gap)
      .trimEnd();
  return { head: line(columns.map((column) => column.title)), body: cells.map(line) };
}

/** Takes what is too much from the widest column that may still shrink, one place at a time. */
function fitted(
  columns: readonly { readonly natural: number; readonly least: number | undefined }[],
  width: number,
): readonly number[] {
  const widths = columns.map((column) => column.natural);
  for (let excess = widths.reduce((sum, size) => sum + size, 0) - width; excess > 0; excess -= 1) {
    let widest = -1;
    for (const [index, size] of widths.entries()) {
      const least = columns[index]?.least;
      if (least !== undefined && size > least && size > (widths[widest] ?? 0)) {
        widest = index;
      }
    }
    const size = widths[widest];
    if (size === undefined) {
      break;
    }
    widths[widest] = size - 1;
  }
  return widths;
}

function cut(text: string, size: number, keep: 'start' | 'ends'): string {
  if (text.length <= size) {
    return text;
  }
  const tail = keep === 'ends' ? Math.floor((size - 1) / 2) : 0;
  return `${text.slice(0, size - 1 - tail)}…${tail === 0 ? '' : text.slice(-tail)}`;
}

/** Text from outside without the control characters that would move a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

/** A span of time in its largest whole unit, such as `5 min` or `3 d`. */
export function span(milliseconds: number): string {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} d`;
}
