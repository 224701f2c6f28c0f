/** A plugin packed as .zip, read as what a stranger made: nothing that it says of itself is taken on trust. */
import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import prettyBytes from 'pretty-bytes';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { AppError } from '../../../../common/errors.ts';
import { LARGEST_MANIFEST, MANIFEST_FILE, MOST_FILES } from '../../../../common/plugins/manifest.ts';
import { MOST_BYTES, NameList, type PackageSource, unfit } from './source.ts';

/** Files and folders. */
const MOST_ENTRIES = 2 * MOST_FILES;
/** Weights hardly shrink and text to a tenth; what grows more and is large was made to fill the disk. */
const MOST_GROWTH = 200;
const SMALL = 10e6;
/** Where Unix systems keep the kind of a file. */
const UNIX = 16;
const STORED = 0;
const DEFLATED = 8;

/** @throws AppError plugin-invalid */
export async function openArchive(path: string): Promise<PackageSource> {
  const packed = (await stat(path)).size;
  const zip = await openPromise(path, {
    autoClose: false,
    lazyEntries: true,
    strictFileNames: true,
    validateEntrySizes: true,
  }).catch((error: Error) => {
    throw broken(error);
  });
  try {
    const { entries, names, bytes } = await readEntries(zip, packed);
    const read = async function* (name: string): AsyncGenerator<Uint8Array> {
      try {
        yield* await zip.openReadStreamPromise(entries.get(name)!);
      } catch (error) {
        throw broken(error);
      }
    };
    const manifest = entries.get(MANIFEST_FILE)!;
    if (manifest.uncompressedSize > LARGEST_MANIFEST)
      throw unfit(`${MANIFEST_FILE} is larger than a megabyte`);
    const text = (await buffer(read(MANIFEST_FILE))).toString('utf8');
    return { manifest: text, names, bytes, unpacked: false, read, close: () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function readEntries(zip: ZipFile, packed: number) {
  const found: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      if (found.length >= MOST_ENTRIES) throw unfit(`it has more than ${MOST_ENTRIES} entries`);
      requirePlain(entry);
      found.push(entry);
    }
  } catch (error) {
    throw broken(error);
  }
  const root = rootOf(found);
  const list = new NameList();
  const entries = new Map<string, Entry>();
  let bytes = 0;
  for (const entry of found) {
    // Folders are made as files need them.
    if (entry.fileName.endsWith('/')) continue;
    const name = entry.fileName.slice(root.length);
    list.add(name);
    entries.set(name, entry);
    bytes += entry.uncompressedSize;
  }
  if (bytes > MOST_BYTES || (bytes > SMALL && bytes > packed * MOST_GROWTH)) {
    throw unfit(`it would grow from ${prettyBytes(packed)} to ${prettyBytes(bytes)}`);
  }
  return { entries, names: list.finish(), bytes };
}

/** Many programs pack the folder itself and not what is in it. */
function rootOf(entries: readonly Entry[]): string {
  const first = /^[^/]+\//.exec(entries[0]?.fileName ?? '')?.[0] ?? '';
  return entries.every(({ fileName }) => fileName.startsWith(first)) ? first : '';
}

function requirePlain(entry: Entry): void {
  const name = entry.fileName.slice(0, 80);
  const kind = (entry.externalFileAttributes >>> UNIX) & constants.S_IFMT;
  const isFolder = entry.fileName.endsWith('/');
  if (kind !== 0 && kind !== (isFolder ? constants.S_IFDIR : constants.S_IFREG)) {
    throw unfit(`"${name}" is a link or something else that is no plain file`);
  }
  if (entry.isEncrypted()) throw unfit(`"${name}" is encrypted`);
  if (![STORED, DEFLATED].includes(entry.compressionMethod)) {
    throw unfit(`"${name}" is packed in a way that is not read here`);
  }
}

/** What the archive itself is to blame for, and not the disk. */
function broken(error: unknown): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (error instanceof AppError || /^E[A-Z]+$/.test(code)) return error;
  return unfit(`the archive is damaged: ${message}`, 'Get it again.');
}
