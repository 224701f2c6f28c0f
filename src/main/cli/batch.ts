/** `retake batch`: many edits from a table. All rows are checked before the first is rendered; what is there already is passed over. */
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CheckedJob } from '../../common/contract/jobs.ts';
import { AppError, Cancelled } from '../../common/errors.ts';
import type { TakeReport } from '../../common/report.ts';
import { duration } from '../../common/time/duration.ts';
import { type BatchRow, clashesOf, columnsOf, type Problem, problemText, readRows } from './batch-rows.ts';
import { readTable } from './csv.ts';
import { addEditOptions, type EditFlags, wishesOf } from './edit-options.ts';
import type { Engine } from './engine.ts';
import { type Following, follow } from './follow.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

type Checked = BatchRow & { readonly check: CheckedJob };

/** What came of a row. */
interface Result {
  readonly line: number;
  readonly clip: string;
  readonly out: string;
  readonly state: 'rendered' | 'there already' | 'failed' | 'not begun';
  readonly error?: string;
  readonly report?: TakeReport;
}

const EXIT_FAILED = 1;

export function addBatchCommand(retake: Command, { withEngine, print }: Terminal): void {
  const command = retake
    .command('batch')
    .argument('<table>', 'a CSV file: a row for each edit, its columns named as the options below, and clip')
    .description(
      'Render a take for each row of a table. Options hold for all rows that do not say otherwise. Given again, it goes on where it was.',
    )
    .option('--check', 'only say what would be rendered')
    .option('--json', 'print what came of each row as JSON');
  addEditOptions(command).action(async (table: string, flags: EditFlags) => {
    const rows = readBatch(resolve(table), flags);
    const { results, stopped } = await withEngine(async (engine) => {
      const watch = follow(engine);
      try {
        const checked = await checkRows(engine, rows, watch, basename(table));
        watch.note(summaryOf(checked));
        if (flags.check === true) return { results: checked.map(foreseen), stopped: false };
        return { results: await renderRows(engine, checked, watch), stopped: watch.stopped };
      } finally {
        watch.end();
      }
    });
    print(flags.json === true ? JSON.stringify(results, null, 2) : reportOf(results));
    if (results.some(({ state }) => state === 'failed')) process.exitCode = EXIT_FAILED;
    if (stopped) throw new Cancelled();
  });
}

/** Paths on the command line are seen from where it is given, those in the table from its own folder. */
function readBatch(file: string, flags: EditFlags): readonly BatchRow[] {
  const name = basename(file);
  const doing = `reading ${name}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError('usage', (error as Error).message, { doing, hint: 'Name a CSV file.' });
  }
  const { header, rows } = readTable(text, name);
  const columns = columnsOf(header, doing);
  if (rows.length === 0) throw new AppError('usage', 'there is no row below the header', { doing });
  const shared = wishesOf(flags);
  const here = process.cwd();
  process.chdir(dirname(file));
  try {
    const read = readRows(columns, rows, shared);
    refuse([...read.problems, ...clashesOf(read.rows)], name);
    return read.rows;
  } finally {
    process.chdir(here);
  }
}

/** All that is wrong at once, so that it is mended at once. */
function refuse(problems: readonly Problem[], name: string): void {
  if (problems.length === 0) return;
  for (const { line, why } of problems.toSorted((a, b) => a.line - b.line))
    process.stderr.write(`retake: line ${line}: ${why}\n`);
  const count = problems.length === 1 ? 'one row' : `${problems.length} rows`;
  throw new AppError('usage', `${count} cannot be rendered, and none was begun`, {
    doing: `reading ${name}`,
    hint: 'Mend the table and give the command again.',
  });
}

async function checkRows(
  engine: Engine,
  rows: readonly BatchRow[],
  watch: Following,
  name: string,
): Promise<readonly Checked[]> {
  const checked: Checked[] = [];
  const problems: Problem[] = [];
  for (const row of rows) {
    if (watch.stopped) throw new Cancelled();
    try {
      checked.push({ ...row, check: await engine.call('job.check', row.request) });
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'engine-died') throw error;
      problems.push({ line: row.line, why: problemText(error) });
    }
  }
  refuse(problems, name);
  return checked;
}

async function renderRows(engine: Engine, rows: readonly Checked[], watch: Following): Promise<Result[]> {
  const results: Result[] = [];
  for (const [i, row] of rows.entries()) {
    const { check, request } = row;
    if (check.state === 'whole')
      results.push({ ...named(row), state: 'there already', report: check.report });
    else if (watch.stopped) results.push({ ...named(row), state: 'not begun' });
    else {
      watch.note(`retake: row ${i + 1} of ${rows.length} (line ${row.line}): ${basename(named(row).out)}`);
      try {
        const report = await (check.state === 'begun'
          ? engine.call('job.resume', { id: check.job })
          : engine.call('job.run', request));
        results.push({ ...named(row), state: 'rendered', report });
      } catch (error) {
        if (error instanceof Cancelled) results.push({ ...named(row), state: 'not begun' });
        else if (!(error instanceof AppError) || error.code === 'engine-died') throw error;
        else {
          const why = problemText(error);
          watch.note(`retake: line ${row.line}: ${why}`);
          results.push({ ...named(row), state: 'failed', error: why });
        }
      }
    }
  }
  return results;
}

function named({ line, request }: BatchRow): Pick<Result, 'line' | 'clip' | 'out'> {
  return { line, clip: String(request.source.clip), out: String(request.output.path) };
}

function foreseen(row: Checked): Result {
  const { check } = row;
  if (check.state === 'whole') return { ...named(row), state: 'there already', report: check.report };
  return { ...named(row), state: 'not begun' };
}

function summaryOf(rows: readonly Checked[]): string {
  const todo = rows.flatMap(({ check }) => (check.state === 'whole' ? [] : [check]));
  const there = rows.length - todo.length;
  const known = todo.every(({ seconds }) => seconds !== null);
  const frames = todo.reduce((sum, check) => sum + check.frames, 0);
  const seconds = todo.reduce((sum, check) => sum + (check.seconds ?? 0), 0);
  const time = known && todo.length > 0 ? `, at most about ${duration(seconds)}` : '';
  const already = there > 0 ? `; ${there} there already` : '';
  return `retake: ${todo.length} of ${rows.length} rows to render, ${frames} frames${time}${already}`;
}

function reportOf(results: readonly Result[]): string {
  const lines = results.map(({ line, out, state, error }) => {
    return `line ${line}: ${state}${error === undefined ? '' : `: ${error}`}  ${out}`;
  });
  const states = ['rendered', 'there already', 'failed', 'not begun'] as const;
  const counts = states.flatMap((state) => {
    const count = results.filter((one) => one.state === state).length;
    return count > 0 ? [`${count} ${state}`] : [];
  });
  return [...lines, counts.join(', ')].join('\n');
}
