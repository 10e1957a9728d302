/** One row of a table, by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

const CELL = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/y;

/**
 * Parses a table (RFC 4180, with a head). Lines may end with `\n` only.
 *
 * @throws Error when a row has not as many cells as the head, or a quote is out of place
 */
export function parseCsv(text: string): {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
} {
  const [columns = [], ...lines] = parseLines(text);
  const rows = lines.map((cells) => {
    if (cells.length !== columns.length)
      throw new Error(`${cells.length} cells instead of ${columns.length}: ${cells}`);
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
  });
  return { columns, rows };
}

function parseLines(text: string): readonly (readonly string[])[] {
  const lines: string[][] = [];
  let line: string[] = [];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < text.length) {
    const start = CELL.lastIndex;
    const match = CELL.exec(text);
    if (match === null) throw new Error(`Malformed table at character ${start}`);
    line.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
