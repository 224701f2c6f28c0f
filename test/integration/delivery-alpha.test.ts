/** Transparency goes along where files are put together or conformed, in every format that holds it; elsewhere it is told. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeliveryRequest } from '../../src/common/contract/delivery.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { deliver, foresee } from '../../src/main/engine/delivery/delivery.ts';
import { decodeAlpha, decodeDeep } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { ffmpegDoes, tempFolder } from '../helpers/clips.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const folder = tempFolder();
const probe = rememberingProbe();
const [WIDTH, HEIGHT] = [64, 32];
const SIZE = { width: WIDTH, height: HEIGHT };
const VEIL = `geq=r='20000+300*X':g='mod(900*Y+3000*N,60000)':b=30000:a='if(lt(X,8),0,if(gt(X,55),65535,mod(1000*X+2500*N,65536)))'`;

let document: ProjectDocument;
let clip: string;
let small: string;

beforeAll(async () => {
  clip = folder.at('veiled.mkv');
  const picture = (size: string) => `nullsrc=s=${size}:r=24,format=gbrap16le,${VEIL},trim=end_frame=12`;
  const ffv1 = ['-c:v', 'ffv1', '-pix_fmt', 'gbrap16le'];
  await ffmpegDoes('-f', 'lavfi', '-i', picture(`${WIDTH}x${HEIGHT}`), ...ffv1, clip);
  small = folder.at('small.mkv');
  await ffmpegDoes('-f', 'lavfi', '-i', picture('32x32'), ...ffv1, small);
  const opaque = folder.at('opaque.mkv');
  const grey = `color=gray:s=${WIDTH}x${HEIGHT}:r=24,format=gbrp16le,trim=end_frame=4`;
  await ffmpegDoes('-f', 'lavfi', '-i', grey, '-c:v', 'ffv1', opaque);
  const refOf = async (path: string, id: string) => {
    const { rate, frames, width, height, timecode } = await probe(path);
    return clipRefOf(path, { id, rate, frames, width, height, timecode, hasAudio: false });
  };
  const clips = {
    veiled: await refOf(clip, 'veiled'),
    opaque: await refOf(opaque, 'opaque'),
    small: await refOf(small, 'small'),
  };
  const base = withClip(clips.veiled, clip);
  const [shot] = base.timeline;
  if (shot?.kind !== 'shot') throw new Error('no shot');
  const plain = { ...shot, anchors: [0], leadAnchor: 0, start: 0, takeId: null };
  document = {
    ...base,
    ...{ clips, takes: {} },
    timeline: [
      { ...plain, id: 'shot-1', clipId: 'veiled', end: 12 },
      { kind: 'gap', id: 'gap', frames: 2 },
      { ...plain, id: 'shot-2', clipId: 'opaque', end: 4 },
      { ...plain, id: 'shot-3', clipId: 'small', end: 2 },
    ],
  };
});
afterAll(() => folder[Symbol.dispose]());

type Made = Extract<DeliveryRequest['media'], { as: 'made' }>;

function asked(name: string, media: Partial<Made>, what: DeliveryRequest['what']): DeliveryRequest {
  return {
    ...{ project: 'p', document, folder: folder.at(name), names: 'a', startTimecode: null, what },
    media: {
      ...{ as: 'made', format: 'png', sound: false, handles: 0, handlesFromClip: false, rate: null },
      ...media,
    },
    ...{ timelines: null, resolve: false, credentials: 'none' },
  };
}

const ALL: DeliveryRequest['what'] = { kind: 'timeline', range: null };

/** Of each frame the veil and the colours, in 0..1. */
async function seenIn(path: string, size = SIZE) {
  const info = await probeClip(path);
  const how = { range: { start: 0, end: info.frames }, ...size };
  const veils: Float32Array[] = [];
  const colours: Float32Array[] = [];
  if (info.alpha) for await (const { alpha } of decodeAlpha(info, how)) veils.push(alpha);
  for await (const { rgb } of decodeDeep(info, how)) colours.push(rgb);
  return { alpha: info.alpha, veils, colours };
}

function mostApart(one: Float32Array, other: Float32Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
}

it.each([
  ['png', 0],
  ['tiff', 0],
  ['ffv1', 0],
  // Ten bits; halves; twelve bits, and lossy.
  ['prores4444', 1.5 / 1023],
  ['exr', 1 / 1024],
  ['cineform', 0.02],
] as const)(
  'a timeline as one %s at another rate keeps the transparency of its clips',
  async (format, off) => {
    const media = { format, rate: { num: 30, den: 1 } };
    const { files, notes } = await deliver(asked(`flat-${format}`, media, ALL), { probe });
    const { alpha, veils, colours } = await seenIn(files[0]!.path);
    expect(alpha).toBe(true);
    expect(notes.join('\n')).not.toMatch(/transparen/);
    const [own, less] = [await seenIn(clip), await seenIn(small, { width: 32, height: 32 })];
    const opaque = new Float32Array(WIDTH * HEIGHT).fill(1);
    const wanted = [
      ...own.veils,
      ...Array.from({ length: 6 }, () => opaque),
      ...less.veils.slice(0, 2).map((veil) => opaque.map((_, i) => besideOr(veil, i))),
    ];
    expect(veils.length).toBe(25);
    for (const [k, veil] of veils.entries())
      expect(mostApart(veil, wanted[Math.floor((k * 24) / 30)]!), `frame ${k}`).toBeLessThanOrEqual(off);
    // What is quite transparent, or not at all, stays so.
    expect(veils[0]![0]).toBe(0);
    expect(veils[0]![WIDTH - 1]).toBe(1);
    if (off === 0)
      for (const k of [0, 7, 14])
        expect(mostApart(colours[k]!, own.colours[Math.floor((k * 24) / 30)]!), `frame ${k}`).toBe(0);
  },
  60_000,
);

/** Of a picture half as wide in the middle; opaque beside it. */
function besideOr(veil: Float32Array, i: number): number {
  const [x, y] = [(i % WIDTH) - 16, Math.floor(i / WIDTH)];
  return x >= 0 && x < 32 ? veil[32 * y + x]! : 1;
}

it('a shot that is only conformed keeps it too', async () => {
  const what = { kind: 'shots', shots: ['shot-1'] } as const;
  const request = asked('conformed', { rate: { num: 12, den: 1 } }, { ...what, shots: [...what.shots] });
  const { files } = await deliver(request, { probe });
  const [made, own] = [await seenIn(files[0]!.path), await seenIn(clip)];
  expect(made.veils.length).toBe(6);
  for (const [k, veil] of made.veils.entries()) expect(mostApart(veil, own.veils[2 * k]!)).toBe(0);
});

it.each(['prores422hq', 'h264'] as const)('%s, which holds none, says so before', async (format) => {
  const { notes } = await foresee(asked(`opaque-${format}`, { format }, ALL), { probe });
  expect(notes.join('\n')).toMatch(/transparency is left out: .* holds none; .* keep it/);
});
