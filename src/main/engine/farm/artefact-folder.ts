/**
 * Artefacts outside a store, on their way from one machine to another: `contents` has their bytes one after the other,
 * `index.jsonl` a line for each. An artefact is taken in only if its bytes and all that is told of it are what was given out,
 * so a folder that is cut short or damaged gives what of it is whole.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ARTEFACT_KINDS } from '../../../common/contract/cache.ts';
import { type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import type { Packed } from '../artefacts/codecs.ts';
import { checksumOf, type RawArtefact } from '../artefacts/rows.ts';
import type { ArtefactStore } from '../artefacts/store.ts';

/** A kind that is of paths and times of one machine's files: of no use to another, and soon made again. */
export const STAYS = 'digests';

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const entry = z.strictObject({
  key: z.string().min(1),
  kind: z.enum(ARTEFACT_KINDS),
  shape: z.array(count),
  meta: z.strictObject({
    name: z.string(),
    psnr: z.number().nullable(),
    clip: z.string(),
    bundle: z.string(),
    prompt: z.string(),
    settings: z.string(),
    /** Milliseconds since 1970. */
    created: z.number(),
  }),
  /** Where its bytes begin, and how many they are. */
  at: count,
  bytes: count,
  /** Of everything above but `at`, and the bytes. */
  checksum: sha256,
  /** Of kind, shape and bytes: the same whoever made it, and when. */
  content: sha256,
});
type Entry = z.output<typeof entry>;

export interface Written {
  readonly items: number;
  readonly bytes: number;
}

export interface TakenIn {
  /** That the store lacked. */
  readonly items: number;
  readonly bytes: number;
  /** Keys that the store had already, or has now. */
  readonly keys: readonly string[];
  /** What was left because it is not what was given out, in words: "frame 12", "line 3 of index.jsonl". */
  readonly damaged: readonly string[];
}

const indexPath = (folder: string) => join(folder, 'index.jsonl');
const contentsPath = (folder: string) => join(folder, 'contents');

/**
 * Writes those that the store has of these, and puts them on the disk; the caller gives the folder its name afterwards.
 * One artefact is in memory at a time. @throws what the file system says; Cancelled
 */
export async function writeArtefacts(
  folder: string,
  store: Pick<ArtefactStore, 'raw'>,
  keys: Iterable<string>,
  signal?: CancelSignal,
): Promise<Written> {
  await mkdir(folder, { recursive: true });
  await using contents = await open(contentsPath(folder), 'w');
  const lines: string[] = [];
  let at = 0;
  for (const key of new Set(keys)) {
    throwIfCancelled(signal);
    const raw = store.raw(key);
    if (!raw) continue;
    const { packed } = raw;
    await contents.appendFile(packed.bytes);
    const { kind, meta } = raw;
    const told = { key, kind, shape: [...packed.shape], meta, at, bytes: packed.bytes.byteLength };
    lines.push(`${JSON.stringify({ ...told, checksum: checksum(raw), content: contentOf(raw) })}\n`);
    at += packed.bytes.byteLength;
  }
  await contents.sync();
  await writeFile(indexPath(folder), lines.join(''), { flush: true });
  return { items: lines.length, bytes: at };
}

/** Takes in what the store lacks. @throws what the file system says where there is no such folder; Cancelled */
export async function takeIn(folder: string, store: ArtefactStore, signal?: CancelSignal): Promise<TakenIn> {
  const { entries, damaged } = await readIndex(folder);
  const had = store.has(entries.map(({ key }) => key));
  const keys: string[] = [];
  let [items, bytes] = [0, 0];
  await using contents = await open(contentsPath(folder), 'r');
  const { size } = await contents.stat();
  for (const one of entries) {
    throwIfCancelled(signal);
    if (!had.has(one.key)) {
      const raw = await read(contents, size, one);
      if (!raw) {
        damaged.push(one.meta.name);
        continue;
      }
      // What the store cannot keep, it has told itself.
      if (!store.putRaw(raw)) continue;
      items += 1;
      bytes += one.bytes;
    }
    keys.push(one.key);
  }
  return { items, bytes, keys, damaged };
}

/** Names of what two folders both have and have differently. Contents are taken for what the indexes say. */
export async function differences(a: string, b: string): Promise<string[]> {
  const others = new Map((await readIndex(b)).entries.map((one) => [one.key, one.content]));
  return (await readIndex(a)).entries.flatMap(({ key, content, meta }) => {
    const other = others.get(key);
    return other === undefined || other === content ? [] : [meta.name];
  });
}

async function readIndex(folder: string): Promise<{ entries: Entry[]; damaged: string[] }> {
  const entries: Entry[] = [];
  const damaged: string[] = [];
  const lines = (await readFile(indexPath(folder), 'utf8')).split('\n');
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    const one = parse(line);
    if (one) entries.push(one);
    else damaged.push(`line ${i + 1} of index.jsonl`);
  }
  return { entries, damaged };
}

function parse(line: string): Entry | null {
  try {
    return entry.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** Null where it is not what was given out. @param size of all contents, in bytes */
async function read(contents: FileHandle, size: number, one: Entry): Promise<RawArtefact | null> {
  const { key, kind, shape, meta, at, bytes } = one;
  if (at + bytes > size) return null;
  const buffer = Buffer.allocUnsafeSlow(bytes);
  for (let filled = 0; filled < bytes; ) {
    const { bytesRead } = await contents.read(buffer, filled, bytes - filled, at + filled);
    if (bytesRead === 0) return null;
    filled += bytesRead;
  }
  const raw = { key, kind, packed: { shape, bytes: buffer }, meta };
  return checksum(raw) === one.checksum ? raw : null;
}

/** As a store has it. */
function checksum({ key, kind, packed, meta }: RawArtefact): string {
  return checksumOf({ key, kind, shape: packed.shape, meta }).update(packed.bytes).digest('hex');
}

function contentOf({ kind, packed: { shape, bytes } }: { kind: string; packed: Packed }): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, ...shape]))
    .update(bytes)
    .digest('hex');
}
