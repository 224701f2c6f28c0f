/** Puts results into a document, between two marks, with contact sheets beside it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../src/common/errors.ts';
import type { Place } from './plan.ts';
import type { Bench } from './runs.ts';
import { rowsOf, writeSheet } from './sheets.ts';

/** What is written by a tool, with the tool. */
const SECTIONS = {
  results: 'benchmark:edits',
  motion: 'benchmark:edits',
  clips: 'benchmark:clips',
  gradients: 'benchmark:gradients',
  peers: 'bench',
} as const;
export type Section = keyof typeof SECTIONS;
/** Frames shown of each row: the pictures are kept small. */
const COLUMNS = 3;

/** The text with everything between the section's marks replaced. @throws AppError usage where the marks are missing */
export function withResults(document: string, section: Section, results: string): string {
  const opening = `<!-- ${section}: written by npm run ${SECTIONS[section]} -- --docs -->`;
  const closing = `<!-- end of ${section} -->`;
  const [begin, end] = [document.indexOf(opening), document.indexOf(closing)];
  if (begin < 0 || end < begin) {
    throw new AppError('usage', `the lines "${opening}" and "${closing}" are missing`, {
      doing: 'writing the results into the document',
    });
  }
  return `${document.slice(0, begin + opening.length)}\n${results.trim()}\n${document.slice(end)}`;
}

export function writeBetween(file: string, section: Section, results: string): void {
  writeFileSync(file, withResults(readFileSync(file, 'utf8'), section, results));
}

/** @param edits places of each edit to be shown, edit by edit */
export async function writeDocument(
  file: string,
  section: Section,
  results: string,
  bench: Bench,
  side: number,
  edits: readonly (readonly Place[])[],
): Promise<void> {
  const stem = `${basename(file, '.md')}${section === 'results' ? '' : `-${section}`}`;
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
  writeBetween(file, section, parts.join('\n\n'));
}
