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
  /** As in a patch: " " is there, "+" comes after it (or before the first that is there), "-" goes. */
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
  /** Lines written in files that were there, by file. */
  readonly written: Readonly<Record<string, number>>;
}

/** @throws Error for a file that is there already, or a line that is not where the guide says */
export function follow({ title, steps }: Chapter, root: string): Touched {
  const newFiles: string[] = [];
  const written: Record<string, number> = {};
  for (const step of steps) {
    const file = join(root, step.path);
    if (step.kind === 'file') {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, step.text, { flag: 'wx' });
      newFiles.push(step.path);
    } else {
      writeFileSync(file, changed(readFileSync(file, 'utf8').split('\n'), step).join('\n'));
      written[step.path] = step.lines.filter((line) => line.startsWith('+')).length;
    }
  }
  return { title, newFiles, written };
}

function changed(text: readonly string[], { path, lines }: Extract<Step, { kind: 'lines' }>): string[] {
  const done: string[] = [];
  let waiting: string[] = [];
  let at = 0;
  for (const line of lines) {
    const [sign, wanted] = [line.charAt(0), line.slice(1)];
    if (sign === '+') {
      waiting.push(wanted);
      continue;
    }
    const found = text.indexOf(wanted, at);
    if (found < 0) throw new Error(`${path} has no line "${wanted}" where the guide says`);
    const between = text.slice(at, found);
    // What is new follows the line before it; at the very beginning it stands in front of the next.
    done.push(...(at === 0 ? [...between, ...waiting] : [...waiting, ...between]));
    if (sign === ' ') done.push(wanted);
    waiting = [];
    at = found + 1;
  }
  return [...done, ...waiting, ...text.slice(at)];
}
