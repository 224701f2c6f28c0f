/** Pictures of an export made larger by an upscaler: deep as the network gives them, with their transparency, and foreseen. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeliveryRequest } from '../../src/common/contract/delivery.ts';
import { Cancelled } from '../../src/common/errors.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { upscalersFor } from '../../src/main/engine/calls/upscalers.ts';
import { deliver, foresee } from '../../src/main/engine/delivery/delivery.ts';
import { decodeAlpha, decodeDeep } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { ffmpegDoes, tempFolder } from '../helpers/clips.ts';
import { textModel } from '../helpers/onnx.ts';
import { writeModel } from '../helpers/onnx-files.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const folder = tempFolder();
const context = { probe: rememberingProbe(), enlargers: upscalersFor(undefined) };
const [WIDTH, HEIGHT, FRAMES] = [32, 16, 6];
const twice = folder.at('twice');
let document: ProjectDocument;
let clip: string;

/** Each pixel becomes two by two of its half. */
const graph = (size = 'h, w', times = 2) => `float32[B, 3, ${size}] input => float32[B, 3, H, W] output
  float32[4] scales = {1, 1, ${times}, ${times}}
  float32[1] half = {0.5}
  darker = Mul(input, half)
  output = Resize<mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">(darker, , scales)`;

function upscaler(name: string, text: string): string {
  writeModel(join(folder.at(name), 'model.onnx'), textModel(text));
  return folder.at(name);
}

beforeAll(async () => {
  upscaler('twice', graph());
  clip = folder.at('veiled.mkv');
  const picture = `nullsrc=s=${WIDTH}x${HEIGHT}:r=24,format=gbrap16le,geq=r='20000+300*X':g='mod(900*Y+3000*N,60000)':b=30000:a='mod(1000*X+2500*N,65536)',trim=end_frame=${FRAMES}`;
  await ffmpegDoes(
    ...['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'sine=220:d=0.25'],
    ...['-c:v', 'ffv1', '-pix_fmt', 'gbrap16le', '-c:a', 'pcm_s16le', clip],
  );
  const { rate, width, height, timecode } = await probeClip(clip);
  const ref = await clipRefOf(clip, {
    id: 'c',
    rate,
    frames: FRAMES,
    width,
    height,
    timecode,
    hasAudio: true,
  });
  const base = withClip(ref, clip);
  const [shot] = base.timeline;
  if (shot?.kind !== 'shot') throw new Error('no shot');
  const plain = { ...shot, anchors: [0], leadAnchor: 0, start: 0, takeId: null, clipId: 'c' };
  const wide = folder.at('wide.mkv');
  await ffmpegDoes('-f', 'lavfi', '-i', 'color=gray:s=5600x16:r=24,trim=end_frame=2', '-c:v', 'ffv1', wide);
  const broad = await clipRefOf(wide, {
    id: 'wide',
    rate,
    frames: 2,
    width: 5600,
    height: 16,
    timecode,
    hasAudio: false,
  });
  document = {
    ...base,
    ...{ clips: { c: ref, wide: broad }, takes: {} },
    timeline: [
      { ...plain, id: 's', end: FRAMES },
      { ...plain, id: 'w', clipId: 'wide', end: 2 },
    ],
  };
});
afterAll(() => folder[Symbol.dispose]());

type Made = Extract<DeliveryRequest['media'], { as: 'made' }>;

function asked(name: string, media: Partial<Made> = {}): DeliveryRequest {
  return {
    ...{ project: 'p', document, folder: folder.at(name), names: 'a', startTimecode: null },
    what: { kind: 'shots', shots: ['s'] },
    media: {
      ...{ as: 'made', format: 'ffv1', sound: true, handles: 0, handlesFromClip: false, rate: null },
      ...{ upscaler: twice, ...media },
    },
    ...{ timelines: null, resolve: false, credentials: 'none' },
  };
}

async function seenIn(path: string) {
  const info = await probeClip(path);
  const how = { range: { start: 0, end: info.frames }, width: info.width, height: info.height };
  const [veils, colours]: Float32Array[][] = [[], []];
  for await (const { alpha } of decodeAlpha(info, how)) veils!.push(alpha);
  for await (const { rgb } of decodeDeep(info, how)) colours!.push(rgb);
  return { info, veils: veils!, colours: colours! };
}

it('every picture is the network’s, in sixteen bits, with sound and transparency; what it will be is foreseen', async () => {
  const silent = { sound: false };
  const plain = await foresee(asked('plain', { ...silent, upscaler: undefined }), context);
  const before = await foresee(asked('larger'), context);
  expect(before.notes.join('\n')).toContain('pictures of 32×16 become 64×32');
  expect((await foresee(asked('larger', silent), context)).bytes).toBe(4 * plain.bytes);
  const { files } = await deliver(asked('larger'), context);
  const [made, own] = [await seenIn(files[0]!.path), await seenIn(clip)];
  const { width, height, frames, audio } = made.info;
  expect([width, height, frames, audio.length]).toEqual([64, 32, FRAMES, 1]);
  for (const [k, colours] of made.colours.entries()) {
    let most = 0;
    for (const [x, y] of [
      [0, 0],
      [1, 1],
      [33, 8],
      [63, 31],
      [20, 17],
    ] as const)
      for (let c = 0; c < 3; c++) {
        const from = own.colours[k]![3 * ((y >> 1) * WIDTH + (x >> 1)) + c]!;
        most = Math.max(most, Math.abs(colours[3 * (y * width + x) + c]! - from / 2));
      }
    expect(most, `frame ${k}`).toBeLessThan(1.01 / 65535);
  }
  // Between neighbours: the corner is its pixel's, and a column inside a quarter of the way to the next.
  expect(made.veils[1]![0]).toBeCloseTo(own.veils[1]![0]!, 4);
  expect(made.veils[1]![1]).toBeCloseTo(0.75 * own.veils[1]![0]! + 0.25 * own.veils[1]![1]!, 4);
});

it('what cannot be made is refused before anything is written', async () => {
  const only = upscaler('only', graph('8, 8'));
  await expect(foresee(asked('x', { upscaler: only }), context)).rejects.toThrow(
    'only takes pictures of 8×8 alone, and these are 32×16',
  );
  const same = upscaler('same', graph('h, w', 1));
  await expect(deliver(asked('x', { upscaler: same }), context)).rejects.toThrow('makes pictures no larger');
  await expect(foresee(asked('x', { upscaler: folder.at('none') }), context)).rejects.toThrow(
    'no such folder',
  );
  // 16800 across is more than H.264 has.
  const thrice = upscaler('thrice', graph('h, w', 3));
  const wide = {
    ...asked('x', { upscaler: thrice, format: 'h264' }),
    what: { kind: 'shots' as const, shots: ['w'] },
  };
  await expect(foresee(wide, context)).rejects.toMatchObject({ code: 'usage' });
  expect(existsSync(folder.at('x'))).toBe(false);
});

it('given up, it goes on with the files that are whole; by another network they are made anew', async () => {
  const name = 'resumed';
  const two = () => ({
    ...asked(name),
    document: { ...document, timeline: [...document.timeline, { ...document.timeline[0]!, id: 't' }] },
    what: { kind: 'shots' as const, shots: ['s', 't'] },
  });
  const abort = new AbortController();
  const onProgress = ({ file, frame }: { file: number; frame: number }) => {
    if (file === 2 && frame === 2) abort.abort();
  };
  const given = deliver(two(), { ...context, signal: abort.signal, onProgress });
  await expect(given).rejects.toThrow(Cancelled);
  expect((await foresee(two(), context)).done).toBe(1);
  upscaler('twice', graph().replace('0.5', '0.25'));
  expect((await foresee(two(), context)).done).toBe(0);
  upscaler('twice', graph());
  expect((await deliver(two(), context)).files.length).toBe(2);
  expect(readdirSync(folder.path).filter((one) => one.startsWith('.retake-partial'))).toEqual([]);
});
