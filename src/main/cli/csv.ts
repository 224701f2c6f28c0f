/** A table in a text file: rows by their columns' names, and the line on which each begins. The door to the CSV reader. */
import { CsvError, type InfoRecord, parse } from 'csv-parse/sync';
import { AppError } from '../../common/errors.ts';

export interface Row {
  /** In the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

interface Table {
  readonly header: readonly string[];
  readonly rows: readonly Row[];
}

interface Read {
  readonly info: InfoRecord;
  readonly record: string[];
}

/**
 * Commas, semicolons or tabs between the cells, whichever the header has most of: spreadsheets write all three.
 *
 * @param name of the file, for who has to mend it
 * @throws AppError usage for what is no table
 */
export function readTable(text: string, name: string): Table {
  const doing = `reading ${name}`;
  const [first = ''] = text.split(/[\r\n]/, 1);
  const delimiter = [',', ';', '\t'].toSorted((a, b) => first.split(b).length - first.split(a).length)[0]!;
  let read: readonly Read[];
  try {
    read = parse(text.replace(/\r\n?/g, '\n'), {
      ...{ bom: true, info: true, delimiter, trim: true },
      ...{ relax_column_count: true, skip_empty_lines: true, relax_quotes: false },
    }) as unknown as readonly Read[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new AppError('usage', `it is no table: ${error.message}`, {
      doing,
      hint: 'Put cells that hold commas, quotes or line breaks into double quotes.',
    });
  }
  const rows = read.map(({ info, record }, i): Row => {
    // What is told is the line on which a row ends, and empty lines before it are skipped.
    const ends = info.lines;
    const lines = record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
    return { line: Math.max(i + 1, ends - lines), cells: record };
  });
  const [header, ...others] = rows;
  if (!header)
    throw new AppError('usage', 'it is empty', { doing, hint: 'The first line names the columns.' });
  const filled = others.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const long = filled.find(({ cells }) => cells.length > header.cells.length);
  if (long) {
    throw new AppError('usage', `line ${long.line} has more cells than the header has columns`, {
      doing,
      hint: 'Put cells that hold commas into double quotes.',
    });
  }
  return { header: header.cells, rows: filled };
}
