/** Who imports what, read from the syntax of every file and resolved to paths. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { parseSync, Visitor } from 'vite';

/** What `import(x)` is called; it has a row of its own, as a library has. */
export const COMPUTED_NAME = 'a computed name';

/** One import: types count as much as values, and a lazy import as much as one at the top. */
export interface Import {
  /** Paths from the root, with "/" on every system. */
  readonly from: string;
  readonly line: number;
  /** A file of the project, or null where a library is imported. */
  readonly file: string | null;
  /** "react-dom", "@bufbuild/protobuf", "node:fs/promises"; null where a file is imported. */
  readonly library: string | null;
}

const CODE = '{src,test,tools,bin}/**/*.{ts,tsx,js}';

/** Every import below `root`, of source, tests and tools. @throws Error for a file that cannot be parsed */
export function readImports(root: string, code = CODE): Import[] {
  return globSync(code, { cwd: root }).flatMap((path) => importsOf(root, path.split(sep).join('/')));
}

function importsOf(root: string, from: string): Import[] {
  const text = readFileSync(join(root, from), 'utf8');
  const { program, errors } = parseSync(from, text);
  if (errors.length > 0) throw new Error(`${from}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (source: unknown, start: number) => {
    if (typeof source !== 'string') return;
    const line = text.slice(0, start).split('\n').length;
    found.push({ from, line, ...target(root, from, source) });
  };
  new Visitor({
    ImportDeclaration(node) {
      add(node.source.value, node.start);
    },
    ExportNamedDeclaration(node) {
      add(node.source?.value, node.start);
    },
    ExportAllDeclaration(node) {
      add(node.source.value, node.start);
    },
    ImportExpression(node) {
      add(node.source.type === 'Literal' ? node.source.value : COMPUTED_NAME, node.start);
    },
    TSImportType(node) {
      add(node.source.value, node.start);
    },
  }).visit(program);
  return found;
}

/** Imports name files whole, ending included, so that resolving is joining; packages are known by their name. */
function target(root: string, from: string, source: string): Pick<Import, 'file' | 'library'> {
  if (source.startsWith('.')) {
    const path = relative(root, resolve(root, dirname(from), source.replace(/\?.*$/, '')));
    return { file: path.split(sep).join(posix.sep), library: null };
  }
  if (source.startsWith('node:')) return { file: null, library: source };
  return { file: null, library: source.split('/', source.startsWith('@') ? 2 : 1).join('/') };
}
