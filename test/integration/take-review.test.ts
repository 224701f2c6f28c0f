/** What is said and shown of finished takes, against numbers that can be worked out. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompareRequest, ScoreRequest, SheetRequest } from '../../src/common/contract/takes.ts';
import type { TakeFormat } from '../../src/common/formats/registry.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { readings, type TakeScores } from '../../src/common/take-scores.ts';
import { digestOf } from '../../src/main/engine/artefacts/keys.ts';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { flowKey } from '../../src/main/engine/make/flow.ts';
import { decodeFrame, decodeFrames } from '../../src/main/engine/media/decode.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { FeatureStatistics, frechetDistance } from '../../src/main/engine/metrics/frechet.ts';
import { squaredError } from '../../src/main/engine/metrics/squared-error.ts';
import { parseText } from '../../src/main/engine/onnx/ir/text.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { reportPath } from '../../src/main/engine/report-file.ts';
import { Review } from '../../src/main/engine/review/review.ts';
import { ffmpegDoes, tempFolder, wholeFit } from '../helpers/clips.ts';
import { editReport, reportedTake } from '../helpers/reported-take.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { writeTinyImageText } from '../helpers/tiny-image-text.ts';

const folder = tempFolder();
const { at } = folder;
const [WIDTH, HEIGHT, FRAMES] = [96, 64, 6];
const everywhere = async () => true;
const review = new Review({ store: null, allows: everywhere });
/** PNG, so that nothing is lost on the way. */
let clip: ClipInfo;

beforeAll(async () => {
  mkdirSync(at('clip'));
  // Moving slowly, with structure everywhere; no value where 10 more or less would be cut off.
  const plane = (k: number) => `'110+60*sin((X+N)/${k})*cos(Y/${k + 2})'`;
  const source = `nullsrc=s=${WIDTH}x${HEIGHT}:r=24,format=gbrp,geq=r=${plane(5)}:g=${plane(7)}:b=${plane(9)},trim=end_frame=${FRAMES}`;
  await ffmpegDoes(
    '-f',
    'lavfi',
    '-i',
    source,
    '-pix_fmt',
    'rgb24',
    '-start_number',
    '1',
    at('clip/c.%04d.png'),
  );
  clip = await probeClip(at('clip/c.####.png'));
});
afterAll(() => folder[Symbol.dispose]());

const score = (take: string, more: Partial<ScoreRequest> = {}, of = review): Promise<TakeScores> =>
  of.score({ take, clip: null, imageText: null, features: null, references: [], ...more }, {});
const sheet = (take: string, out: string, more: Partial<SheetRequest> = {}) =>
  review.sheet({ take, clip: null, out, columns: 3, difference: false, ...more }, {});
const compare = (take: string, out: string, more: Partial<CompareRequest> = {}) =>
  review.compare({ take, clip: null, out, layout: 'side', ...more }, {});

describe('the numbers of a take', () => {
  it('are those of its pictures and of its clip', async () => {
    const brighter = await reportedTake(clip, { out: at('brighter'), format: 'png', change: (v) => v + 10 });
    const scores = await score(brighter);
    expect(scores).toMatchObject({ take: brighter, frames: FRAMES, width: WIDTH, height: HEIGHT, notes: [] });
    // 10·log10(255² / 10²)
    expect(scores.toClip!.psnr.value).toBeCloseTo(28.1308, 3);
    expect(scores.toClip!.psnr.worst.value).toBeCloseTo(28.1308, 3);
    expect(scores.toClip!.ssim!.value).toBeGreaterThan(0.98);
    // What is brighter throughout moves as the clip does.
    expect(scores.pixelMse!.take).toBeCloseTo(scores.pixelMse!.clip, 2);
    expect(scores.pixelMse!.compared).toBeGreaterThan(0.8);
    expect(scores.consecutiveSsim!.take).toBeCloseTo(scores.consecutiveSsim!.clip!, 1);
    expect(scores).toMatchObject({ inversion: null, imageText: null, frechet: null });
  });

  it('see flicker where the clip has none, and name the worst frame', async () => {
    const [start, end] = [1, 5];
    const flickering = await reportedTake(clip, {
      out: at('flickering'),
      format: 'png',
      range: { start, end },
      change: (v, frame) => v + (frame % 2 === 1 ? 10 : 0) + (frame === 4 ? 20 : 0),
      reconstruction: { frames: 1, fromCache: 0, meanPsnr: 41.25, minPsnr: 41.25 },
    });
    const scores = await score(flickering);
    expect(scores.frames).toBe(4);
    // Steps of 10, 10 and 10 between frames 1, 2, 3 and 4 (at 10, 0, 10, 20) add their squares, nearly.
    expect(scores.pixelMse!.take - scores.pixelMse!.clip).toBeGreaterThan(80);
    expect(scores.pixelMse!.take - scores.pixelMse!.clip).toBeLessThan(120);
    expect(scores.consecutiveSsim!.take).toBeLessThan(scores.consecutiveSsim!.clip!);
    expect(scores.toClip!.psnr.worst.frame).toBe(4);
    expect(scores.toClip!.psnr.worst.value).toBeCloseTo(10 * Math.log10(255 ** 2 / 400), 3);
    expect(scores.inversion).toEqual({ frames: 1, meanPsnr: 41.25, minPsnr: 41.25 });
    const [first] = readings(scores);
    expect(first).toMatchObject({ label: 'Analysis of the clip', value: '41.3 dB' });
    expect(readings(scores).find(({ id }) => id === 'pixelMse')!.means).toContain(
      `the clip itself has ${scores.pixelMse!.clip.toFixed(1)}`,
    );
  });

  it('are of the canvas without its padding', async () => {
    const fit = fitCanvas(WIDTH, HEIGHT, { size: 56, grid: 32 });
    expect(fit.contentWidth).toBeLessThan(fit.width);
    // What is done to the padding never reaches the take.
    const take = await reportedTake(clip, { out: at('fitted'), format: 'png', fit });
    const scores = await score(take);
    expect(scores).toMatchObject({ width: fit.contentWidth, height: fit.contentHeight });
    expect(scores.toClip!.psnr.value).toBeGreaterThan(35);
  });

  it('of one frame have no next one, and of a picture below its window no SSIM', async () => {
    const fit = fitCanvas(WIDTH, HEIGHT, { size: 10, grid: 4 });
    const range = { start: 2, end: 3 };
    const scores = await score(await reportedTake(clip, { out: at('one'), format: 'png', range, fit }));
    expect(scores.pixelMse).toBeNull();
    expect(scores.consecutiveSsim).toBeNull();
    expect(scores.toClip!.ssim).toBeNull();
    expect(scores.notes.join('\n')).toMatch(/less than its window[\s\S]*a single frame/);
  });

  const formats: readonly [TakeFormat, string][] = [
    ['prores422hq', '.mov'],
    ['prores4444', '.mov'],
    ['dnxhr-hqx', '.mov'],
    ['h264', '.mp4'],
  ];
  it.each(formats)('of %s are of what the file shows, odd sides too', async (format, ending) => {
    const odd = at(`odd ${format}.mkv`);
    const source = `testsrc2=s=261x145:r=24:d=${2 / 24}`;
    await ffmpegDoes('-f', 'lavfi', '-i', source, '-c:v', 'ffv1', '-pix_fmt', 'yuv444p', odd);
    const take = await reportedTake(await probeClip(odd), { out: at(`odd ${format}${ending}`), format });
    const { toClip, notes, pixelMse } = await score(take);
    expect(toClip!.psnr.value).toBeGreaterThan(format === 'h264' ? 28 : 33);
    expect(pixelMse!.take / pixelMse!.clip).toBeLessThan(1.3);
    expect(notes).toEqual([expect.stringContaining('loses a little')]);
  });

  it('follow prompts and features where a model is there', async () => {
    const bundle = await writeTinyBundle(at('bundle'));
    const imageText = await writeTinyImageText(at('image-text'), { tokenizer: join(bundle, 'tokenizer') });
    const features = at('tiny-features');
    mkdirSync(features);
    // The mean of every colour over two frames.
    const graph = `float32[1, 3, 2, 8, 8] clip => float32[1, 3] means
      means = ReduceMean<axes = [2, 3, 4], keepdims = 0>(clip)`;
    writeFileSync(join(features, 'model.onnx'), serializeModel(parseText(graph, { opset: 17 })));
    const config = {
      size: { height: 8, width: 8 },
      resample: 2,
      image_mean: [0, 0, 0],
      image_std: [1, 1, 1],
    };
    writeFileSync(join(features, 'preprocessor_config.json'), JSON.stringify(config));

    const change = (v: number, frame: number, i: number) => (i % 3 === 0 ? v + 3 * frame : v);
    const take = await reportedTake(clip, { out: at('asked'), format: 'png', change });
    const scores = await score(take, { imageText, features });
    const text = scores.imageText!;
    expect(text.model).toBe('image-text');
    // Grey to the tiny model; "swan" is green and blue, "car" red and blue: as near to both, but for the red that grows.
    expect(text.source!).toBeGreaterThan(text.prompt);
    expect(text.frameAccuracy).toBeLessThan(0.5);

    const [own, other] = [new FeatureStatistics(), new FeatureStatistics()];
    const means: number[][] = [];
    for await (const { rgb } of decodeFrames(clip, { range: { start: 0, end: FRAMES }, fit: wholeFit(clip) }))
      means.push(
        [0, 1, 2].map((c) => rgb.filter((_, i) => i % 3 === c).reduce((a, b) => a + b, 0) / (WIDTH * HEIGHT)),
      );
    for (let k = 0; k + 1 < FRAMES; k++) {
      const pair = [0, 1, 2].map((c) => (means[k]![c]! + means[k + 1]![c]!) / 510);
      other.see(pair);
      own.see([pair[0]! + (3 * (2 * k + 1)) / 510, pair[1]!, pair[2]!]);
    }
    const wanted = frechetDistance(own, other);
    expect(wanted).toBeGreaterThan(0.0005);
    expect(scores.frechet).toMatchObject({
      network: 'tiny-features',
      against: 'the clip',
      length: 2,
      dimension: 3,
      stretches: { take: FRAMES - 1, reference: FRAMES - 1 },
    });
    expect(Math.abs(scores.frechet!.distance / wanted - 1)).toBeLessThan(0.1);
    expect(readings(scores).at(-1)!.term).toBe('Fréchet distance (tiny-features)');

    // Against other clips: of a folder, the picture sequence itself.
    const against = await score(take, { features, references: [at('clip')] });
    expect(against.frechet!.against).toBe('one reference clip');
    expect(against.frechet!.distance).toBeCloseTo(scores.frechet!.distance, 4);
    await expect(score(take, { references: [at('clip')] })).rejects.toThrow(/no network is named/);
    await expect(score(take, { features: bundle })).rejects.toThrow('there is no model.onnx');
    const short = await reportedTake(clip, { out: at('short'), format: 'png', range: { start: 0, end: 2 } });
    const none = await score(short, { features });
    expect(none.frechet).toBeNull();
    expect(none.notes.join()).toContain('wants two stretches of 2 frames at least');
  });
});

describe('motion that a render has kept', () => {
  it('is taken as it is', async () => {
    const take = await reportedTake(clip, { out: at('along'), format: 'png', range: { start: 0, end: 2 } });
    const store = new ArtefactStore(at('flows.sqlite'), { limitBytes: 1e8, onWarning: () => {} });
    const fit = wholeFit(clip);
    const pictures: Uint8Array[] = [];
    for await (const { rgb } of decodeFrames(clip, { range: { start: 0, end: 2 }, fit })) pictures.push(rgb);
    const [a, b] = pictures.map(digestOf);
    const still = { shape: [2, HEIGHT, WIDTH], data: new Float32Array(2 * HEIGHT * WIDTH) };
    const names = { name: '', psnr: null, clip: '', bundle: '', prompt: '', settings: '' };
    for (const key of [flowKey(fit, a!, b!), flowKey(fit, b!, a!)]) store.put(kinds.flow, key, still, names);
    const along = await score(take, {}, new Review({ store, allows: everywhere }));
    store.close();
    const difference = squaredError(pictures[0]!, pictures[1]!);
    expect(along.pixelMse!.clip).toBeCloseTo(difference.sum / difference.count, 6);
    expect(along.pixelMse!.compared).toBe(1);
    expect((await score(take)).pixelMse!.clip).toBeLessThan(along.pixelMse!.clip);
  });
});

describe('a take that is not as it was', () => {
  const plain = (name: string) => reportedTake(clip, { out: at(name), format: 'prores422hq' });

  it('is measured without its clip, and says what is left out', async () => {
    const take = await plain('alone.mov');
    editReport(take, (report) => Object.assign(report.clip, { path: at('gone.mov') }));
    const scores = await score(take);
    expect(scores).toMatchObject({ toClip: null, pixelMse: null, consecutiveSsim: { clip: null } });
    expect(scores.consecutiveSsim!.take).toBeGreaterThan(0.5);
    expect(scores.notes[0]).toBe(
      'its clip gone.mov cannot be read: there is no such file: what compares with it is left out',
    );
    // The artist knows where it is.
    const found = await score(take, { clip: clip.path });
    expect(found.toClip!.psnr.value).toBeGreaterThan(30);
    const other = await reportedTake(clip, { out: at('other'), format: 'png', range: { start: 0, end: 3 } });
    await expect(score(take, { clip: other })).rejects.toThrow(
      'the take was made of: it has 3 frames, not 6',
    );
    await expect(sheet(take, at('no.png'))).rejects.toMatchObject({
      message: expect.stringContaining('gone.mov cannot be read'),
    });
  });

  it('is not looked for on a server that only a report names', async () => {
    const careful = new Review({ store: null, allows: async () => false });
    const scores = await score(await plain('careful.mov'), {}, careful);
    expect(scores.toClip).toBeNull();
    expect(scores.notes[0]).toContain('on the network, in a place that is new here');
  });

  it('is refused in one line where it is none, or another one now', async () => {
    const take = await plain('changed.mov');
    await expect(score(at('nothing.mov'))).rejects.toThrow('there is no such take');
    await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=64x48:d=0.2', at('stranger.mov'));
    await expect(score(at('stranger.mov'))).rejects.toThrow(
      'it is no take of Retake: there is no stranger.report.json beside it',
    );
    await ffmpegDoes('-i', take, '-frames:v', '3', '-c', 'copy', at('cut.mov'));
    renameSync(at('cut.mov'), take);
    await expect(score(take)).rejects.toThrow('it has 3 frames, its report says 6');
    writeFileSync(reportPath(take), '{');
    await expect(score(take)).rejects.toThrow('cannot be read as a report');
    writeFileSync(reportPath(take), '[]');
    await expect(score(take)).rejects.toThrow('is no report of a take: ');
  });

  it('of an older report is measured all the same, and so is a folder that was renamed', async () => {
    const take = await reportedTake(clip, { out: at('older/old.####.png'), format: 'png' });
    editReport(take, (report) => {
      const flat = { prompt: 'a swan', sourcePrompt: 'a car', out: at('older/old.####.png') };
      Object.assign(report, { settings: flat });
      for (const name of ['canvas', 'inversion']) Reflect.deleteProperty(report, name);
    });
    renameSync(at('older'), at('newer'));
    renameSync(at('older.report.json'), at('newer.report.json'));
    for (const name of ['newer', 'newer/old.####.png']) {
      const scores = await score(at(name));
      expect(scores).toMatchObject({ width: WIDTH, height: HEIGHT, inversion: null });
      expect(scores.toClip!.psnr.value).toBe(60);
    }
  });

  it('can be given up, and leaves nothing', async () => {
    const take = await plain('given up.mov');
    const abort = new AbortController();
    const following = { signal: abort.signal, onFraction: () => abort.abort() };
    const request = { take, clip: null };
    const ask = { imageText: null, features: null, references: [] };
    await expect(review.score({ ...request, ...ask }, following)).rejects.toThrow('cancelled');
    const out = at('given up.png');
    const other = new AbortController();
    await expect(
      review.sheet(
        { ...request, out, columns: 3, difference: false },
        { signal: other.signal, onFraction: () => other.abort() },
      ),
    ).rejects.toThrow('cancelled');
    expect(existsSync(out)).toBe(false);
  });
});

describe('scores that were measured', () => {
  it('are kept until the take, its clip or its report change', async () => {
    const take = await reportedTake(clip, { out: at('kept'), format: 'png' });
    const store = new ArtefactStore(at('cache.sqlite'), { limitBytes: 1e8, onWarning: () => {} });
    const keeping = new Review({ store, allows: everywhere });
    const request = { take, clip: null, imageText: null, features: null, references: [] };
    let measured = 0;
    const again = () =>
      keeping.score(request, {
        onFraction: (fraction) => {
          if (fraction === 1) measured++;
        },
      });
    expect(await keeping.kept(request)).toBeNull();
    const before = readFileSync(reportPath(take), 'utf8');
    const first = await again();
    expect(await again()).toEqual(first);
    expect(await keeping.kept(request)).toEqual(first);
    expect(measured).toBe(1);
    expect(readFileSync(reportPath(take), 'utf8')).toBe(before);
    editReport(take, (report) => Object.assign(report.range, { start: 0, end: FRAMES, note: 'x' }));
    await again();
    editReport(take, (report) =>
      Object.assign(report.inversion, { reconstruction: { frames: 1, meanPsnr: 30, minPsnr: 20 } }),
    );
    expect((await again()).inversion!.minPsnr).toBe(20);
    expect(measured).toBe(2);
    store.close();
  });
});

describe('a contact sheet', () => {
  it('shows frames of the clip above those of the take', async () => {
    const take = await reportedTake(clip, { out: at('shown'), format: 'png', change: (v) => 255 - v });
    const out = at("it's a sheet: 100 %.png");
    expect(await sheet(take, out, { difference: true })).toMatchObject({ path: out });
    const made = await probeClip(out);
    const picture = await decodeFrame(made, 0, made);
    const pixel = (x: number, y: number) => [
      ...picture.subarray(3 * (y * made.width + x), 3 * (y * made.width + x) + 3),
    ];
    // Margin, labels, three cells with gaps; below title, prompts and frame numbers.
    const [left, top, gap] = [16 + 92, made.height - 16 - 3 * HEIGHT - 2 * 6, 6];
    expect(made.width).toBe(left + 3 * WIDTH + 2 * gap + 16);
    for (const [column, frame] of [0, 3, 5].entries()) {
      const shown = await decodeFrame(clip, frame, clip);
      for (const [x, y] of [
        [0, 0],
        [WIDTH - 1, HEIGHT - 1],
        [40, 30],
      ] as const) {
        const wanted = [...shown.subarray(3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3)];
        const place = left + column * (WIDTH + gap) + x;
        expect(pixel(place, top + y)).toEqual(wanted);
        expect(pixel(place, top + HEIGHT + gap + y)).toEqual(wanted.map((v) => 255 - v));
        expect(pixel(place, top + 2 * (HEIGHT + gap) + y)).toEqual(
          wanted.map((v) => Math.min(255, 4 * Math.abs(255 - 2 * v))),
        );
      }
    }
    expect(pixel(2, 2)).toEqual([0x16, 0x18, 0x1d]);
    // Words stand above the cells.
    const bright = (from: number, to: number) =>
      picture.subarray(3 * made.width * from, 3 * made.width * to).filter((v) => v > 140).length;
    expect(bright(16, 34)).toBeGreaterThan(100);
    expect(bright(40, top)).toBeGreaterThan(100);
  });

  it('shows a frame of each of many takes, in rows, with their words', async () => {
    const changes = [(v: number) => v, (v: number) => 255 - v, (v: number) => v + 20, (v: number) => v - 20];
    const takes = [];
    for (const [i, change] of changes.entries())
      takes.push({
        take: await reportedTake(clip, { out: at(`many ${i}`), format: 'png', change }),
        ...{ frame: i, name: `Take ${i}`, words: `guidance 3 · seed ${i}` },
      });
    const out = at('many.png');
    expect(await review.contact({ out, title: '4 takes', takes }, {})).toEqual({ path: out, notes: [] });
    const made = await probeClip(out);
    const picture = await decodeFrame(made, 0, made);
    const [columns, top, row] = [3, 16 + 18 + 12, HEIGHT + 6 + 3 * 18 + 12];
    expect([made.width, made.height]).toEqual([2 * 16 + columns * (WIDTH + 6) - 6, top + 2 * row + 16]);
    for (const [i, change] of changes.entries()) {
      const shown = await decodeFrame(clip, i, clip);
      const [left, y] = [16 + (i % columns) * (WIDTH + 6), top + Math.floor(i / columns) * row];
      const place = 3 * ((y + 30) * made.width + left + 40);
      expect([...picture.subarray(place, place + 3)]).toEqual(
        [...shown.subarray(3 * (30 * WIDTH + 40), 3 * (30 * WIDTH + 40) + 3)].map(change),
      );
    }
    await expect(review.contact({ out: at('many.jpg'), title: '', takes }, {})).rejects.toThrow(
      'cannot be named',
    );
    const [one] = takes;
    await expect(review.contact({ out: at('many 3/sheet.png'), title: '', takes }, {})).rejects.toThrow(
      'it would lie among the pictures of the take',
    );
    await expect(
      review.contact({ out: at('x.png'), title: '', takes: [{ ...one!, take: clip.path }] }, {}),
    ).rejects.toThrow('no take');
  });

  it('shows every frame of a short shot once, and the middle where one is asked', async () => {
    const take = await reportedTake(clip, { out: at('few'), format: 'png', range: { start: 1, end: 3 } });
    await sheet(take, at('few.png'), { columns: 12 });
    expect((await probeClip(at('few.png'))).width).toBe(16 + 92 + 2 * WIDTH + 6 + 16);
    await sheet(take, at('few.png'), { columns: 1 });
    expect((await probeClip(at('few.png'))).width).toBe(16 + 92 + WIDTH + 16);
  });
});

describe('an A/B movie', () => {
  let movie: ClipInfo;
  beforeAll(async () => {
    const picture = ['-f', 'lavfi', '-i', `testsrc2=s=130x66:r=30000/1001:d=1`];
    const sound = ['-f', 'lavfi', '-i', 'sine=r=48000:d=1'];
    await ffmpegDoes(
      ...picture,
      ...sound,
      '-c:v',
      'ffv1',
      '-pix_fmt',
      'yuv444p',
      '-c:a',
      'pcm_s16le',
      '-shortest',
      at('movie.mkv'),
    );
    movie = await probeClip(at('movie.mkv'));
  });
  const grey = (picture: Uint8Array, width: number, x: number, y: number) =>
    (picture[3 * (y * width + x)]! + picture[3 * (y * width + x) + 1]! + picture[3 * (y * width + x) + 2]!) /
    3;

  it('has clip and take side by side, at the rate and with the sound of the take', async () => {
    const range = { start: 5, end: 17 };
    const take = await reportedTake(movie, {
      out: at('ab.mov'),
      format: 'prores422hq',
      range,
      change: () => 40,
    });
    const out = at('ab.mp4');
    await compare(take, out);
    const made = await probeClip(out);
    expect(made).toMatchObject({
      width: 260,
      height: 66,
      frames: 12,
      rate: movie.rate,
      codec: 'h264',
      pixelFormat: 'yuv420p',
    });
    expect(made.audio).toMatchObject([{ codec: 'aac', channels: 2, sampleRate: 48000 }]);
    expect(made.colour).toMatchObject({ matrix: 'bt709', range: 'tv' });
    const bytes = readFileSync(out);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    for (const frame of [0, 11]) {
      const picture = await decodeFrame(made, frame, made);
      const source = await decodeFrame(movie, range.start + frame, movie);
      let off = 0;
      for (let y = 2; y < 64; y += 4)
        for (let x = 2; x < 128; x += 4) {
          off += Math.abs(grey(picture, 260, x, y) - grey(source, 130, x, y));
          expect(Math.abs(grey(picture, 260, 130 + x, y) - 40)).toBeLessThan(12);
        }
      expect(off / (16 * 32)).toBeLessThan(8);
    }
    const heard = await ffmpegDoes('-i', out, '-map', '0:a', '-af', 'astats', '-f', 'null', '-');
    const samples = Number(/Number of samples: (\d+)/.exec(heard.join('\n'))![1]);
    expect(Math.abs(samples / 48000 - (12 * 1001) / 30000)).toBeLessThan(0.03);
    expect(Number(/RMS level dB: (-?[\d.]+)/.exec(heard.join('\n'))![1])).toBeGreaterThan(-40);
  });

  it('wipes between them, silent where the take is', async () => {
    const take = await reportedTake(clip, { out: at('wiped'), format: 'png', change: () => 10 });
    await compare(take, at('wiped.mp4'), { layout: 'wipe' });
    const made = await probeClip(at('wiped.mp4'));
    expect(made).toMatchObject({ width: WIDTH, height: HEIGHT, frames: FRAMES, audio: [] });
    const picture = await decodeFrame(made, 0, made);
    const source = await decodeFrame(clip, 0, clip);
    expect(Math.abs(grey(picture, WIDTH, 20, 30) - grey(source, WIDTH, 20, 30))).toBeLessThan(20);
    expect(grey(picture, WIDTH, WIDTH / 2, 30)).toBeGreaterThan(180);
    expect(grey(picture, WIDTH, WIDTH - 10, 30)).toBeLessThan(30);
  });

  it('and a sheet write over nothing that they are made of', async () => {
    const take = await reportedTake(movie, {
      out: at('safe.mp4'),
      format: 'h264',
      range: { start: 0, end: 2 },
    });
    await expect(compare(take, take)).rejects.toThrow('it would overwrite the take');
    await expect(compare(take, at('no/where.mp4'))).rejects.toThrow(/the folder .* does not exist/);
    await expect(compare(take, at('x.mov'))).rejects.toMatchObject({ hint: 'Let the name end in .mp4.' });
    await expect(sheet(take, at('x.jpg'))).rejects.toMatchObject({ hint: 'Let the name end in .png.' });
    const pictures = await reportedTake(clip, { out: at('safe'), format: 'png' });
    await expect(sheet(pictures, at('clip/c.0001.png'))).rejects.toThrow('it would overwrite the clip');
    await expect(sheet(pictures, at('clip/sheet.png'))).rejects.toThrow('among the pictures of the clip');
    await expect(sheet(pictures, join(pictures, 'sheet.png'))).rejects.toThrow(
      'among the pictures of the take',
    );
    expect(statSync(take).size).toBeGreaterThan(0);
    rmSync(at('safe'), { recursive: true });
    await expect(sheet(pictures, at('x.png'))).rejects.toThrow('there is no such take');
  });
});
