/** Holds the borders of rules.ts: `npm run lint` runs this; one line for each import that crosses one. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { COMPUTED_NAME, type Import, readImports } from './imports.ts';
import { AREAS, type Area, LIBRARIES, REGISTRIES } from './rules.ts';

const RULES = 'tools/borders/rules.ts';
const TABLE = 'docs/architecture.md';

/** Everything that is wrong below `root`, one line each. */
export function faults(root: string): string[] {
  const imports = readImports(root);
  return [
    ...imports.flatMap((one) => crossing(root, one) ?? []),
    ...circles(imports),
    ...besideRegistries(imports),
    ...unusedFaults(root, imports),
    ...folderFaults(root),
    ...libraryFaults(root),
    ...tableFaults(root),
  ];
}

function crossing(root: string, { from, line, file, library }: Import): string | null {
  if (!from.startsWith('src/')) return null;
  if (file?.startsWith('src/')) {
    const [own, other] = [areaOf(from), areaOf(file)];
    if (own === other || mayKnow(root, own, file)) return null;
    return `${from}:${line} imports ${file}: ${own.path} does not know ${other.path}. ${own.why}`;
  }
  const name = file ?? library ?? '';
  const row = libraryRow(name);
  if (!row) return `${from}:${line} imports ${name}, which has no row in ${RULES}`;
  if (mayImport(row.by, from)) return null;
  return `${from}:${line} imports ${name}: only ${row.by.join(', ') || 'nobody'} may. ${row.why}`;
}

/** The area of a file below src: the deepest one around it. */
export function areaOf(file: string): Area {
  const around = AREAS.filter(({ path }) => file.startsWith(`src/${path}/`));
  const deepest = around.sort((a, b) => b.path.length - a.path.length)[0];
  if (!deepest) throw new Error(`${file} is in no area of ${RULES}`);
  return deepest;
}

export function mayKnow(root: string, area: Area, file: string): boolean {
  const known = area.knows.flatMap((name) => meaningOf(root, area, name));
  return known.includes(areaOf(file).path) || known.includes(file);
}

/**
 * What a name means to an area: what is called so inside, beside or around it, else the only one of that name. Paths of
 * areas, or of one file from the root; none where nothing is called so.
 */
export function meaningOf(root: string, { path }: Area, name: string): readonly string[] {
  const parts = path.split('/');
  const plain = name.replace(/\/\*$/, '');
  for (let depth = parts.length; depth >= 0; depth--) {
    const whole = [...parts.slice(0, depth), plain].join('/');
    if (AREAS.some((one) => one.path === whole)) return [whole, ...(plain === name ? [] : partsOf(whole))];
    if (/\.tsx?$/.test(name) && existsSync(join(root, 'src', whole))) return [`src/${whole}`];
  }
  const called = AREAS.filter((one) => one.path.endsWith(`/${plain}`));
  return called.length === 1 ? called.map((one) => one.path) : [];
}

function partsOf(path: string): string[] {
  return AREAS.filter((one) => one.path.startsWith(`${path}/`)).map((one) => one.path);
}

/** What a row allows and no file of it does: a border that is wider than the house. Rows that share a list use it together. */
export function unusedFaults(root: string, imports: readonly Import[]): string[] {
  const inside = imports.filter(({ from, file }) => from.startsWith('src/') && file?.startsWith('src/'));
  const used = Map.groupBy(inside, ({ from }) => areaOf(from).knows.join());
  return AREAS.flatMap((area) => {
    const files = (used.get(area.knows.join()) ?? []).map(({ file }) => file!);
    return area.knows
      .filter((name) => {
        const meant = meaningOf(root, area, name);
        return !files.some((file) => meant.includes(file) || meant.includes(areaOf(file).path));
      })
      .map((name) => `src/${area.path} may know ${name} by ${RULES}, and no file of it does`);
  });
}

/** "node:fs/promises" is below "node:fs", and every built-in without a row of its own is "node:*". */
export function libraryRow(name: string) {
  const row = LIBRARIES.find((one) => name === one.name || name.startsWith(`${one.name}/`));
  return row ?? (name.startsWith('node:') ? LIBRARIES.find((one) => one.name === 'node:*') : undefined);
}

/** The longest path that holds the file decides; "!" before it says no. */
export function mayImport(by: readonly string[], from: string): boolean {
  const holding = by.filter((one) => `${from}/`.startsWith(`src/${one.replace('!', '')}/`));
  return holding.sort((a, b) => b.length - a.length)[0]?.startsWith('!') === false;
}

/** Files that import each other round about, types included: they are one thing and belong into one file, or apart. */
export function circles(imports: readonly Import[]): string[] {
  const next = Map.groupBy(imports, (one) => one.from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: readonly string[]) => {
    const since = way.indexOf(file);
    if (since >= 0) found.push(`a circle: ${[...way.slice(since), file].join(' → ')}`);
    if (since >= 0 || done.has(file)) return;
    for (const { file: to } of next.get(file) ?? []) if (to !== null) visit(to, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

/** Imports of what only a registry hands out. */
export function besideRegistries(imports: readonly Import[]): string[] {
  return REGISTRIES.flatMap(({ file, shared }) => {
    const [registry, folder] = [`src/${file}`, `src/${dirname(file)}/`];
    const open = shared.map((name) => `${folder}${name}`);
    const entries = new Set(
      imports
        .filter((one) => one.from === registry && one.file?.startsWith(folder) && !open.includes(one.file))
        .map((one) => one.file),
    );
    return imports
      .filter(({ from, file: to }) => entries.has(to) && from.startsWith('src/') && !from.startsWith(folder))
      .map(({ from, line, file: to }) => `${from}:${line} imports ${to}: it is got from ${registry}`);
  });
}

/** A folder whose parts have rows has none for new ones: they must be given their own. And no row without a folder. */
function folderFaults(root: string): string[] {
  const files = globSync('src/**/*.*', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
  const folders = new Set(files.map((file) => dirname(file)));
  return [
    ...[...folders].flatMap((folder) => {
      const area = AREAS.find(({ path }) => folder === `src/${path}`) ?? areaOf(`${folder}/`);
      const own = folder === `src/${area.path}`;
      return own || partsOf(area.path).length === 0 ? [] : [`${folder} has no row in ${RULES}`];
    }),
    ...AREAS.filter(({ path }) => !folders.has(`src/${path}`)).map(
      ({ path }) => `src/${path} has a row in ${RULES} and no files`,
    ),
    ...AREAS.flatMap((area) =>
      area.knows
        .filter((name) => meaningOf(root, area, name).length === 0)
        .map((name) => `src/${area.path} knows ${name} by ${RULES}, and there is no such one`),
    ),
    ...LIBRARIES.flatMap(({ name, by }) =>
      by
        .filter((one) => !existsSync(join(root, 'src', one.replace('!', ''))))
        .map((one) => `src/${one} may import ${name} by ${RULES}, and is not there`),
    ),
  ];
}

function libraryFaults(root: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const shipped = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  const installed = new Set([...shipped, ...Object.keys(manifest.devDependencies)]);
  const isPackage = (name: string) =>
    !name.startsWith('node:') && name !== 'package.json' && name !== COMPUTED_NAME;
  return [
    ...shipped
      .filter((name) => !LIBRARIES.some((row) => row.name === name))
      .map((name) => `${name} is a dependency without a row in ${RULES}: say who may import it`),
    ...LIBRARIES.filter((row) => isPackage(row.name) && !installed.has(row.name)).map(
      ({ name }) => `${name} has a row in ${RULES} and is no dependency`,
    ),
  ];
}

/** The table of the architecture says what the rules say: its rows are `folder | what it holds | whom it may know`. */
function tableFaults(root: string): string[] {
  const text = readFileSync(join(root, TABLE), 'utf8');
  const rows = new Map(
    [...text.matchAll(/^\| `src\/(\S+)` \|.*\| ([^|]*) \|$/gm)].map(([, path = '', knows = '']) => [
      path,
      knows,
    ]),
  );
  return [
    ...AREAS.flatMap(({ path, knows }) => {
      const wanted = knows.join(', ') || 'nobody';
      const said = rows.get(path);
      return said === wanted
        ? []
        : [`${TABLE}: src/${path} has ${said ?? 'no row'}, the rules have: ${wanted}`];
    }),
    ...[...rows.keys()]
      .filter((path) => !AREAS.some((one) => one.path === path))
      .map((path) => `${TABLE}: src/${path} has a row there and none in ${RULES}`),
  ];
}

if (import.meta.main) {
  const found = faults(process.cwd());
  for (const fault of found) console.error(fault);
  if (found.length > 0) process.exitCode = 1;
}
