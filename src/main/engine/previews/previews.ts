/** What the timeline shows of clips and takes: made once per file, kept in a folder that does not grow without end. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { ClipPreview, PictureOfFrame } from '../../../common/contract/clips.ts';
import type { DesktopEvent } from '../../../common/contract/events.ts';
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { makeWhole, writeWhole } from '../../atomic-files.ts';
import { decodeFrame } from '../media/decode.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import { type FrameFeatures, findCuts, measureFrames, shortestShot } from '../media/shots.ts';
import { fromSystem, inWords } from '../media/target.ts';
import { makeProxy, proxySize } from './proxy.ts';
import { makeStill, makeThumbnails, sheetLayout } from './thumbnails.ts';
import { BUCKETS_PER_SECOND, makeWaveform } from './waveform.ts';

/** Raise when previews are made in another way: the old ones are then made anew. */
const VERSION = 1;
const LIMIT_BYTES = 2 * 2 ** 30;
const EVENTS_EVERY_MS = 100;

const preview = z.object({
  proxy: z.string(),
  /** Absent in older ones. */
  rate: z.object({ num: z.number(), den: z.number() }).optional(),
  width: z.number(),
  height: z.number(),
  thumbnails: z.object({
    sheet: z.string(),
    columns: z.number(),
    count: z.number(),
    every: z.number(),
    width: z.number(),
    height: z.number(),
  }),
  waveform: z.object({ file: z.string(), bucketsPerSecond: z.number() }).nullable(),
});

export interface PreviewsParts {
  readonly dir: string;
  readonly probe: (path: string, signal: AbortSignal) => Promise<ClipInfo>;
  readonly emit: (event: DesktopEvent) => void;
  readonly limitBytes?: number;
}

export class Previews {
  readonly #parts: PreviewsParts;
  #abort = new AbortController();
  /** Work under way, by what it makes, so that nothing is made twice at once. */
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #features = new Map<string, FrameFeatures>();
  /** Shown in this session: not to be removed. */
  readonly #shown = new Set<string>();
  /** One film is encoded at a time: two would only share the cores. */
  readonly #inTurn = pLimit(1);
  readonly #stills = pLimit(2);

  constructor(parts: PreviewsParts) {
    this.#parts = parts;
  }

  /** @throws AppError clip-unreadable, disk-full, encoder-missing; Cancelled by stop() */
  async preview(path: string): Promise<ClipPreview> {
    const id = await idOf(path);
    this.#shown.add(id);
    return this.#once(`preview ${id}`, () => this.#inTurn(() => this.#make(path, id)));
  }

  /** One frame as large as in the proxy, read from the file itself. @throws AppError clip-unreadable; Cancelled */
  async frame(path: string, index: number, given?: AbortSignal): Promise<PictureOfFrame> {
    const signal = given ? AbortSignal.any([this.#abort.signal, given]) : this.#abort.signal;
    const clip = await this.#parts.probe(path, signal);
    const { width, height } = proxySize(clip);
    const rgb = await decodeFrame(clip, Math.min(index, clip.frames - 1), { width, height, signal });
    const pixels = new Uint8Array(width * height * 4).fill(255);
    for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
      pixels[to] = rgb[from]!;
      pixels[to + 1] = rgb[from + 1]!;
      pixels[to + 2] = rgb[from + 2]!;
    }
    return { pixels, width, height };
  }

  /** A still made small, as a path below the folder; null where it cannot be read. */
  async picture(path: string): Promise<string | null> {
    try {
      const id = await idOf(path);
      this.#shown.add(id);
      return await this.#once(`picture ${id}`, () => this.#stills(() => this.#still(path, id)));
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  /** First frames of the shots after the first. The clip is decoded the first time only. */
  async cuts(path: string, sensitivity: number): Promise<number[]> {
    const id = await idOf(path);
    this.#shown.add(id);
    const features = await this.#once(`cuts ${id}`, () => this.#measured(path, id));
    const clip = await this.#parts.probe(path, this.#abort.signal);
    return findCuts(features, sensitivity, shortestShot(clip));
  }

  /** Ends what is under way and waits for it. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    await Promise.allSettled(this.#running.values());
  }

  async #make(path: string, id: string): Promise<ClipPreview> {
    const folder = join(this.#parts.dir, id);
    const about = join(folder, 'preview.json');
    const known = await readPreview(about);
    if (known) {
      const now = new Date();
      await utimes(folder, now, now).catch(() => {});
      const { rate } = known;
      if (rate) return { ...known, rate };
      const told = { ...known, rate: (await this.#parts.probe(path, this.#abort.signal)).rate };
      await this.#write(about, JSON.stringify(told));
      return told;
    }
    const { signal } = this.#abort;
    const clip = await this.#parts.probe(path, signal);
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw fromSystem(error, 'making a preview');
    }
    const proxy = join(folder, 'proxy.mp4');
    const layout = sheetLayout(clip);
    await this.#file(proxy, (temporary) =>
      makeProxy(clip, temporary, { signal, onFraction: this.#progress(path, 'proxy') }),
    );
    await this.#file(join(folder, 'thumbnails.jpg'), (temporary) =>
      makeThumbnails(proxy, layout, temporary, signal),
    );
    this.#tell(path, 'thumbnails', 1);
    if (clip.audio.length > 0) {
      await this.#write(join(folder, 'waveform.i8'), await makeWaveform(clip, signal));
      this.#tell(path, 'waveform', 1);
    }
    const made: ClipPreview = {
      proxy: `${id}/proxy.mp4`,
      rate: clip.rate,
      ...proxySize(clip),
      thumbnails: { sheet: `${id}/thumbnails.jpg`, ...layout },
      waveform:
        clip.audio.length > 0 ? { file: `${id}/waveform.i8`, bucketsPerSecond: BUCKETS_PER_SECOND } : null,
    };
    await this.#write(about, JSON.stringify(made));
    await this.#prune();
    return made;
  }

  async #still(path: string, id: string): Promise<string> {
    await mkdir(join(this.#parts.dir, id), { recursive: true }).catch((error: unknown) => {
      throw fromSystem(error, 'making a preview');
    });
    const { signal } = this.#abort;
    await this.#file(join(this.#parts.dir, id, 'still.jpg'), (temporary) =>
      makeStill(path, temporary, signal),
    );
    return `${id}/still.jpg`;
  }

  async #measured(path: string, id: string): Promise<FrameFeatures> {
    const known = this.#features.get(id);
    if (known) return known;
    const { signal } = this.#abort;
    const clip = await this.#parts.probe(path, signal);
    const file = join(this.#parts.dir, id, 'features.f32');
    const stored = await readFeatures(file, clip.frames);
    const progress = this.#progress(path, 'cuts');
    const features =
      stored ?? (await measureFrames(clip, { signal, onFrame: (done) => progress(done / clip.frames) }));
    this.#features.set(id, features);
    if (!stored) {
      await mkdir(join(this.#parts.dir, id), { recursive: true });
      await this.#write(file, [features.change, features.light]);
    }
    return features;
  }

  /** Makes a file unless an earlier attempt has finished it. */
  async #file(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
    if (await stat(path).catch(() => null)) return;
    await makeWhole(path, make).catch((error: unknown) => {
      throw inWords(error, 'making a preview');
    });
  }

  async #write(path: string, data: Parameters<typeof writeWhole>[1]): Promise<void> {
    await writeWhole(path, data).catch((error: unknown) => {
      throw fromSystem(error, 'making a preview');
    });
  }

  /** Removes what was not looked at for longest until the folder is within its limit. */
  async #prune(): Promise<void> {
    const { dir, limitBytes = LIMIT_BYTES } = this.#parts;
    const folders = await Promise.all(
      (await readdir(dir)).map(async (name) => {
        const used = (await stat(join(dir, name)).catch(() => null))?.mtimeMs ?? 0;
        return { name, used, bytes: await folderBytes(join(dir, name)) };
      }),
    );
    let bytes = folders.reduce((sum, folder) => sum + folder.bytes, 0);
    for (const folder of folders.sort((a, b) => a.used - b.used)) {
      if (bytes <= limitBytes) return;
      if (this.#shown.has(folder.name)) continue;
      await rm(join(dir, folder.name), { recursive: true, force: true });
      bytes -= folder.bytes;
    }
  }

  #once<T>(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running) return running as Promise<T>;
    const started = work().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  #progress(path: string, what: string): (fraction: number) => void {
    let told = 0;
    return (fraction) => {
      if (fraction < 1 && Date.now() - told < EVENTS_EVERY_MS) return;
      told = Date.now();
      this.#tell(path, what, fraction);
    };
  }

  #tell(path: string, what: string, fraction: number): void {
    this.#parts.emit({ kind: 'import-progress', path, what, fraction });
  }
}

async function idOf(path: string): Promise<string> {
  const { bytes, digest } = await fingerprintOf(path);
  return createHash('sha256').update(`${VERSION} ${bytes} ${digest}`).digest('hex').slice(0, 32);
}

/** Null where it is not finished, or what it names is gone. */
async function readPreview(about: string): Promise<z.infer<typeof preview> | null> {
  try {
    const known = preview.parse(JSON.parse(await readFile(about, 'utf8')));
    const files = [known.proxy, known.thumbnails.sheet, ...(known.waveform ? [known.waveform.file] : [])];
    for (const file of files) await stat(join(about, '..', '..', file));
    return known;
  } catch {
    return null;
  }
}

async function readFeatures(file: string, frames: number): Promise<FrameFeatures | null> {
  const bytes = await readFile(file).catch(() => null);
  if (bytes?.length !== frames * 8) return null;
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  return { change: values.slice(0, frames), light: values.slice(frames) };
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    bytes += (await stat(join(folder, name)).catch(() => null))?.size ?? 0;
  }
  return bytes;
}
