/** A take that was brought, as a folder: the take (a file, or a folder of pictures), its report, and take.json, which says what is whole. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { sync } from '../../atomic-files.ts';

const MANIFEST = 'take.json';

const inside = z
  .string()
  .regex(/^[^/\\]+(\/[^/\\]+)*$/)
  .refine((path) => !path.split('/').includes('..'));

const takeManifest = z.strictObject({
  format: z.literal(1),
  /** Names within the folder. */
  take: inside,
  report: inside,
  /** All files but this one, with "/" between. */
  files: z.record(
    inside,
    z.strictObject({ bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});
export type TakeManifest = z.output<typeof takeManifest>;

/** Says what lies in the folder, and puts all of it on the disk; the caller gives it its name then. */
export async function writeManifest(
  folder: string,
  { take, report }: Pick<TakeManifest, 'take' | 'report'>,
): Promise<TakeManifest> {
  const files: Record<string, TakeManifest['files'][string]> = {};
  for (const name of await filesIn(folder)) {
    const path = join(folder, name);
    await sync(path);
    files[name] = { bytes: (await stat(path)).size, sha256: await digestOf(path) };
  }
  const manifest: TakeManifest = { format: 1, take, report, files };
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
  return manifest;
}

/** Null where it is none, or is damaged. */
export async function readManifest(folder: string): Promise<TakeManifest | null> {
  try {
    return takeManifest.safeParse(JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/**
 * What of a take is not as it was brought: names of files, take.json for one that says nothing; none where it is whole.
 * @param how sizes alone, or every byte @throws Cancelled
 */
export async function faultsOf(
  folder: string,
  how: 'sizes' | 'bytes',
  signal?: CancelSignal,
): Promise<readonly string[]> {
  const manifest = await readManifest(folder);
  if (!manifest) return [MANIFEST];
  const faults: string[] = [];
  for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
    throwIfCancelled(signal);
    const path = join(folder, name);
    const size = (await stat(path).catch(() => null))?.size;
    if (size !== bytes) faults.push(name);
    else if (how === 'bytes' && (await digestOf(path).catch(() => '')) !== sha256) faults.push(name);
  }
  return faults;
}

/** Whether two are the same to the bit; their reports tell different times. */
export function sameTake(a: TakeManifest, b: TakeManifest): boolean {
  const told = ({ take, report, files }: TakeManifest) =>
    JSON.stringify([
      take,
      ...Object.entries(files)
        .toSorted()
        .filter(([name]) => name !== report),
    ]);
  return told(a) === told(b);
}

async function filesIn(folder: string, within = ''): Promise<string[]> {
  const found: string[] = [];
  for (const one of await readdir(join(folder, within), { withFileTypes: true })) {
    const name = `${within}${one.name}`;
    if (one.isDirectory()) found.push(...(await filesIn(folder, `${name}/`)));
    else found.push(name);
  }
  return found.toSorted();
}

/** sha256 of a file. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
