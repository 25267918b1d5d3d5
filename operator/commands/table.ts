/** Columns as wide as what is in them; numbers stand to the right. The first row is the heading. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const [heading = []] = rows;
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  const isNumber = heading.map((_, column) => rows.slice(1).some((row) => typeof row[column] === 'number'));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumber[column] === true ? String(cell).padStart(width) : String(cell).padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
