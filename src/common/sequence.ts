/** Names of picture sequences: "shot.1001.png" is a picture of "shot.####.png". Pure; paths of any system. */

/** Endings of stills that form sequences. */
const STILL =
  /\.(bmp|cin|dds|dpx|exr|hdr|j2c|j2k|jp2|jpc|jpe|jpeg|jpg|jfif|jxl|pam|pbm|pcx|pfm|pgm|png|pnm|ppm|psd|qoi|ras|rgb|rgba|sgi|sun|tga|tif|tiff|webp|xbm|xwd)$/i;

/** Whether a name ends like that of a still. */
export function isStill(path: string): boolean {
  return STILL.test(path);
}

export interface RunName {
  /** What stands before and after the number, without folders. */
  readonly before: string;
  readonly after: string;
  /** Least digits of the number; 1 where it is not padded. */
  readonly digits: number;
}

/** "/a/shot.####.png", "shot.%04d.png", "shot.#.png" as the run they name; null for other names. */
export function runOfPattern(path: string): RunName | null {
  const name = nameOf(path);
  if (!isStill(name)) return null;
  const hashes = /^(.*?)(#+)([^#]*)$/.exec(name);
  if (hashes) return { before: hashes[1]!, digits: hashes[2]!.length, after: hashes[3]! };
  const printf = /^(.*?)%(?:0?(\d))?d(.*)$/.exec(name);
  return printf ? { before: printf[1]!, digits: Number(printf[2] ?? 1), after: printf[3]! } : null;
}

/** A numbered still: the last number before its ending. */
export function numberedStill(path: string): { before: string; digits: string; after: string } | null {
  const match = isStill(path) ? /^(.*?)(\d+)(\.[^.]*)$/.exec(nameOf(path)) : null;
  return match && { before: match[1]!, digits: match[2]!, after: match[3]! };
}

/** The number of a picture, where its name belongs to the run. */
export function numberIn({ before, after, digits }: RunName, name: string): number | null {
  if (!name.startsWith(before) || !name.endsWith(after)) return null;
  const number = name.slice(before.length, name.length - after.length);
  if (!/^\d+$/.test(number) || number.length < digits) return null;
  return number.length > digits && number.startsWith('0') ? null : Number(number);
}

/** The name as artists write it. */
export function patternOf({ before, after, digits }: RunName): string {
  return `${before}${'#'.repeat(digits)}${after}`;
}

export function pictureName({ before, after, digits }: RunName, number: number): string {
  return `${before}${String(number).padStart(digits, '0')}${after}`;
}

/** The runs that names form, each of two pictures or more; numbers ascending. */
export function runsIn(names: readonly string[]): { run: RunName; numbers: number[] }[] {
  const groups = new Map<string, { before: string; after: string; digits: string[] }>();
  for (const name of names) {
    const numbered = numberedStill(name);
    if (!numbered) continue;
    const key = `${numbered.before}\n${numbered.after}`;
    const group = groups.get(key) ?? { before: numbered.before, after: numbered.after, digits: [] };
    group.digits.push(numbered.digits);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ before, after, digits }) => {
    const lengths = digits.map((number) => number.length);
    const alike = lengths.every((length) => length === lengths[0]);
    const run = {
      before,
      after,
      digits: alike || digits.some((n) => n.startsWith('0')) ? Math.min(...lengths) : 1,
    };
    const numbers = digits
      .filter((number) => numberIn(run, `${before}${number}${after}`) !== null)
      .map(Number)
      .sort((a, b) => a - b);
    return numbers.length > 1 ? [{ run, numbers }] : [];
  });
}

/** Of paths chosen together, those of one run become the run's pattern; the others stay as they are, in order. */
export function gatherRuns(paths: readonly string[]): string[] {
  const gathered: string[] = [];
  for (const folder of new Set(paths.map(folderOf))) {
    const own = paths.filter((path) => folderOf(path) === folder);
    const runs = runsIn(own.map(nameOf));
    for (const path of own) {
      const found = runs.find(({ run }) => numberIn(run, nameOf(path)) !== null);
      const entry = found ? folder + patternOf(found.run) : path;
      if (!gathered.includes(entry)) gathered.push(entry);
    }
  }
  return gathered;
}

function nameOf(path: string): string {
  return path.slice(folderOf(path).length);
}

/** With its last separator; empty where there is none. */
function folderOf(path: string): string {
  return /^.*[\\/]/.exec(path)?.[0] ?? '';
}
