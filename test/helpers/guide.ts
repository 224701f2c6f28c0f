/** A guide in Markdown, followed to the letter: its fenced blocks are files to write and lines to add. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a chapter asks for. */
export interface Chapter {
  readonly title: string;
  readonly steps: readonly Step[];
}

type Step =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  /** Lines of "+" are put after the line before them, which is in the file exactly once. */
  | { readonly kind: 'lines'; readonly path: string; readonly lines: readonly string[] };

/** Chapters of `## Title` with blocks of "```ts path" (a new file) or "```diff path" (new lines of one); others are talk. */
export function readGuide(path: string): Chapter[] {
  const chapters = readFileSync(path, 'utf8').split(/^## /m).slice(1);
  return chapters.map((chapter) => {
    const blocks = chapter.matchAll(/^```(ts|diff) (\S+)\n(.*?)^```$/gms);
    return {
      title: chapter.slice(0, chapter.indexOf('\n')),
      steps: Array.from(blocks, ([, language, file, body]): Step => {
        const lines = body!.split('\n').slice(0, -1);
        return language === 'ts'
          ? { kind: 'file', path: file!, text: body! }
          : { kind: 'lines', path: file!, lines };
      }),
    };
  });
}

/** What following a chapter touched. */
export interface Touched {
  readonly title: string;
  readonly newFiles: readonly string[];
  /** Lines added to files that were there, by file. */
  readonly added: Readonly<Record<string, number>>;
}

/** @throws Error for a file that is there already, or a line that is not where the guide says */
export function follow({ title, steps }: Chapter, root: string): Touched {
  const newFiles: string[] = [];
  const added: Record<string, number> = {};
  for (const step of steps) {
    const file = join(root, step.path);
    if (step.kind === 'file') {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, step.text, { flag: 'wx' });
      newFiles.push(step.path);
    } else {
      const before = readFileSync(file, 'utf8').split('\n');
      const after = addLines(before, step.lines, step.path);
      writeFileSync(file, after.join('\n'));
      added[step.path] = after.length - before.length;
    }
  }
  return { title, newFiles, added };
}

function addLines(text: readonly string[], patch: readonly string[], path: string): string[] {
  const result = [...text];
  let at = -1;
  for (const line of patch) {
    if (line.startsWith('+')) {
      at++;
      result.splice(at, 0, line.slice(1));
      continue;
    }
    const wanted = line.slice(1);
    const found = result.indexOf(wanted, at + 1);
    if (found < 0) throw new Error(`${path} has no line "${wanted}" where the guide says`);
    at = found;
  }
  return result;
}
