/** Puts results into a document, between two marks, with contact sheets beside it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../src/common/errors.ts';
import type { Place } from './plan.ts';
import type { Bench } from './runs.ts';
import { rowsOf, writeSheet } from './sheets.ts';

const BEGIN = '<!-- results: written by npm run benchmark:edits -- --docs -->';
const END = '<!-- end of results -->';
/** Frames shown of each row: the pictures are kept small. */
const COLUMNS = 3;

/** The text with everything between the marks replaced. @throws AppError usage where the marks are missing */
export function withResults(document: string, results: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) {
    throw new AppError('usage', `the lines "${BEGIN}" and "${END}" are missing`, {
      doing: 'writing the results into the document',
    });
  }
  return `${document.slice(0, begin + BEGIN.length)}\n${results.trim()}\n${document.slice(end)}`;
}

/** @param edits places of each edit to be shown, edit by edit */
export async function writeDocument(
  file: string,
  results: string,
  bench: Bench,
  side: number,
  edits: readonly (readonly Place[])[],
): Promise<void> {
  const stem = basename(file, '.md');
  // The document has headings of its own above.
  const parts = [results.replace(/^## /gm, '### ')];
  for (const places of edits) {
    const { shot, edit } = places[0]!;
    const picture = `${stem}-${edit.kind}.png`;
    await writeSheet(await rowsOf(bench, places), side, COLUMNS, join(dirname(file), picture), true);
    parts.push(
      `### "${shot.sourcePrompt}" → "${edit.prompt}"\n\n![Source, true answer and methods](${picture})`,
    );
  }
  writeFileSync(file, withResults(readFileSync(file, 'utf8'), parts.join('\n\n')));
}
