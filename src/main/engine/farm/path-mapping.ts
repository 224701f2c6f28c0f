/**
 * Where paths of the desk are on this machine: rules as Open Job Description has them (pathmapping-1.0), of which the one
 * with the longest beginning counts. Pure, but for reading the file.
 */
import { readFile } from 'node:fs/promises';
import { basename, join, win32 } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { fromSystem } from '../media/target.ts';

export interface PathRule {
  readonly format: 'POSIX' | 'WINDOWS';
  readonly from: string;
  readonly to: string;
}

const rules = z.object({
  version: z.literal('pathmapping-1.0'),
  path_mapping_rules: z
    .array(
      z.object({
        source_path_format: z.enum(['POSIX', 'WINDOWS', 'URI']),
        source_path: z.string().min(1),
        destination_path: z.string().min(1),
      }),
    )
    .default([]),
});

/** Where there are no rules it is an empty object (section 7.3.1). */
const mappingFile = z.union([z.strictObject({}).transform(() => ({ path_mapping_rules: [] })), rules]);

/** "FROM=TO". @throws AppError usage */
export function ruleOf(text: string): PathRule {
  const at = text.indexOf('=');
  const [from, to] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && to !== '') return { format: isWindows(from) ? 'WINDOWS' : 'POSIX', from, to };
  throw new AppError('usage', `"${text}" maps no path`, {
    doing: 'reading the options',
    hint: 'Write --map FROM=TO: --map /Volumes/media=/mnt/media.',
  });
}

/** Rules of addresses are passed over: no setting holds one. @throws AppError usage, output-unwritable where it cannot be read */
export async function readMappingFile(path: string): Promise<PathRule[]> {
  const doing = `reading ${basename(path)}`;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fromSystem(error, doing);
  });
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    // Refused below.
  }
  const read = mappingFile.safeParse(json);
  if (!read.success)
    throw new AppError('usage', 'it maps no paths as Open Job Description does (pathmapping-1.0)', {
      doing,
      hint: 'Say --map FROM=TO instead.',
    });
  return read.data.path_mapping_rules.flatMap(
    ({ source_path_format: format, source_path, destination_path }) =>
      format === 'URI' ? [] : [{ format, from: source_path, to: destination_path }],
  );
}

/** A path of the desk as this machine has it; as it is where no rule is about it. */
export function mapPath(path: string, rules: readonly PathRule[]): string {
  let [longest, mapped] = [-1, path];
  for (const { format, from, to } of rules) {
    if (format === 'WINDOWS' && !isWindows(path)) continue;
    const [parts, begins] = [partsOf(path, format), partsOf(from, format)];
    const same = (a: string, b: string | undefined) =>
      format === 'WINDOWS' ? a.toLowerCase() === b?.toLowerCase() : a === b;
    if (begins.length <= longest || !begins.every((part, i) => same(part, parts[i]))) continue;
    longest = begins.length;
    mapped = join(to, ...parts.slice(begins.length));
  }
  return mapped;
}

/** Name of a file of the desk, whichever system that has. */
export function nameOf(path: string): string {
  return isWindows(path) ? win32.basename(path) : basename(path);
}

/** The root is a part too: "/a" and "a" are not the same. */
function partsOf(path: string, format: PathRule['format']): string[] {
  const separator = format === 'WINDOWS' ? /[\\/]+/ : /\/+/;
  const parts = path.split(separator);
  return parts.filter((part, i) => part !== '' || i === 0);
}

function isWindows(path: string): boolean {
  return /^([A-Za-z]:([\\/]|$)|\\\\)/.test(path);
}
