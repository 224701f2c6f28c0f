/** Rows of a table as edits: its columns are the options of `retake edit` by name, `clip`, and `range`. */
import { AppError, errorLine } from '../../common/errors.ts';
import type { Flag } from '../../common/settings/field.ts';
import { type EditRequest, SETTINGS } from '../../common/settings/settings.ts';
import type { Row } from './csv.ts';
import { type EditFlags, requestOf, type Wishes, wishesOf } from './edit-options.ts';

export interface BatchRow {
  readonly line: number;
  readonly request: EditRequest;
}

/** What keeps a row from being rendered. */
export interface Problem {
  readonly line: number;
  readonly why: string;
}

const FLAGS = new Map<string, Flag>(
  SETTINGS.fields.flatMap(({ flags }) =>
    flags.flatMap((flag) => [flag.name, ...(flag.aliases ?? [])].map((name) => [name, flag] as const)),
  ),
);
const READING = 'reading the row';
/** Several of one option in one cell. */
const BETWEEN = '|';

/** "Source prompt" and "--source_prompt" are "source-prompt". */
function columnName(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replace(/^--/, '')
    .replace(/[\s_]+/g, '-');
}

/** @throws AppError usage naming the columns that are unknown, twice or missing */
export function columnsOf(header: readonly string[], doing: string): readonly string[] {
  const columns = header.map(columnName);
  const hint = 'Columns are clip, range and the options of retake edit, by name: see "retake edit --help".';
  const refuse = (message: string) => new AppError('usage', message, { doing, hint });
  const unknown = columns.filter((name) => name !== 'clip' && name !== 'range' && !FLAGS.has(name));
  if (unknown.length > 0) throw refuse(`no column is called ${unknown.map((one) => `"${one}"`).join(', ')}`);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw refuse(`there are two columns "${twice}"`);
  if (!columns.includes('clip')) throw refuse('there is no column "clip"');
  return columns;
}

/**
 * Rows with what the command line says of all of them. Paths in cells are as seen from the present folder.
 *
 * @param shared of the command line; a row's own wins
 */
export function readRows(
  columns: readonly string[],
  rows: readonly Row[],
  shared: Wishes,
): { readonly rows: readonly BatchRow[]; readonly problems: readonly Problem[] } {
  const read: BatchRow[] = [];
  const problems: Problem[] = [];
  for (const { line, cells } of rows) {
    try {
      const cell = new Map(columns.map((name, i) => [name, cells[i] ?? '']));
      const clip = cell.get('clip')!;
      if (clip === '') throw wrong('no clip is named');
      const own = wishesOf(flagsOf(cell));
      read.push({ line, request: requestOf(clip, new Map([...shared, ...own])) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push({ line, why: problemText(error) });
    }
  }
  return { rows: read, problems };
}

function wrong(message: string): AppError {
  return new AppError('usage', message, { doing: READING });
}

/** Without what was being done: that is the same for all rows. */
export function problemText(error: AppError): string {
  const line = errorLine(error);
  return line
    .replace(/^(reading the options|checking the settings|reading the row): /, '')
    .replace(/ See "retake edit --help"\.$/, '');
}

function flagsOf(cells: ReadonlyMap<string, string>): EditFlags {
  const flags: Record<string, string | readonly string[] | boolean> = {};
  for (const [name, text] of cells) {
    if (name === 'clip' || text === '') continue;
    if (name === 'range') {
      const [, from, to] = /^(\d+)\s*(?:-|–|\.\.|:)\s*(\d+)$/.exec(text) ?? [];
      if (from === undefined || to === undefined)
        throw wrong(`the range is first-last, as 12-48, not "${text}"`);
      Object.assign(flags, { from, to });
    } else {
      const attribute = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      const value = flagValue(FLAGS.get(name)!, text);
      if (value !== undefined) flags[attribute] = value;
    }
  }
  return flags;
}

function flagValue({ name, metavar, repeats }: Flag, text: string): EditFlags[string] {
  if (repeats)
    return text
      .split(BETWEEN)
      .map((part) => part.trim())
      .filter((part) => part !== '');
  if (metavar !== undefined) return text;
  if (/^(yes|y|true|1|x|on)$/i.test(text)) return true;
  if (/^(no|n|false|0|off)$/i.test(text)) return undefined;
  throw wrong(`${name} is yes or no, not "${text}"`);
}

/** Rows that would write over each other's take. */
export function clashesOf(rows: readonly BatchRow[]): Problem[] {
  const first = new Map<string, number>();
  return rows.flatMap(({ line, request }) => {
    const out = String(request.output.path).toLowerCase();
    const other = first.get(out);
    if (other !== undefined) return [{ line, why: `its take has the name of that of line ${other}` }];
    first.set(out, line);
    return [];
  });
}
