/** Every file of the trial data: imported right or refused in one clear line, and never a hang. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AppError, errorLine } from '../../src/common/errors.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { toNumber } from '../../src/common/time/rational.ts';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { sharedPath } from '../helpers/shared.ts';

const data = sharedPath('data');

interface Row {
  readonly name: string;
  /** "h264 480x270 yuv420p 30000/1001fps | 17 | rot=90", by another decoder; no size where it read no picture. */
  readonly media: string;
}

const rows: Row[] = data
  ? readFileSync(join(data, 'MANIFEST.tsv'), 'utf8')
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([path]) => /^(clips|odd)\//.test(path ?? ''))
      .map((cells) => ({ name: cells[0]!, media: cells[7] ?? '' }))
  : [];

const REFUSED: Readonly<Record<string, { code: string; says: RegExp }>> = {
  'odd/aswf-encoding/test420-test_8_420-vp8.mp4': { code: 'clip-unreadable', says: /the file is empty/ },
  'odd/fq/fragmented.mp4': { code: 'clip-unreadable', says: /not one picture/ },
  'odd/mediabunny/ac3.mp4': { code: 'clip-no-video', says: /sound only/ },
  'odd/mediabunny/multiple-aac-tracks.mp4': { code: 'clip-no-video', says: /sound only/ },
  'odd/pixelprobe/corrupted.mp4': { code: 'clip-no-video', says: /sound only/ },
};

/** Where the truth is more than the manifest's numbers. */
const SPECIAL: Readonly<Record<string, Partial<ClipInfo>>> = {
  'odd/torchcodec/nasa_13013_vfr.mp4': {
    variableRate: true,
    rate: { num: 30000, den: 1001 },
    width: 480,
    height: 270,
  },
  'odd/torchcodec/var_fps_video.mp4': { variableRate: true, rate: { num: 30, den: 1 } },
  'odd/torchcodec/nasa_13013.mp4': { width: 320, height: 180, frames: 325 },
  'odd/torchcodec/nasa_13013_rotated.mp4': { rotation: 270, width: 270, height: 480 },
  'odd/torchcodec/nasa_13013_hdr.mp4': { hdr: true, bitDepth: 10 },
  'odd/torchcodec/testsrc2_12bit_hdr.mp4': { hdr: true, bitDepth: 12 },
  'odd/torchcodec/test_non_zero_start.mp4': { width: 200, height: 112, frames: 12 },
  'odd/torchcodec/discard_first_keyframe.mp4': { frames: 25, variableRate: false },
  'odd/mediabunny/rotate-buck-bunny.mp4': { rotation: 90, width: 1080, height: 1920 },
  'odd/mediabunny/sar_2x1.mp4': { width: 1280, height: 360, codedWidth: 640 },
  'odd/mediabunny/edts.mp4': { width: 854, height: 480, frames: 225 },
  'odd/mediabunny/cursed-vfr.mp4': { variableRate: true, rate: { num: 30, den: 1 } },
  'odd/mediabunny/annex-b.mp4': { variableRate: true, rate: { num: 30000, den: 1001 } },
  'odd/mediabunny/annex-b-avc.mkv': { variableRate: true, rate: { num: 30000, den: 1001 } },
  'odd/otio-aaf/linear_speed_effects_aaf.mov': {
    width: 1440,
    height: 1080,
    timecode: '01:00:00:00',
    frames: 50,
  },
  'odd/otio-aaf/misc_speed_effects_aaf.mov': {
    width: 1440,
    height: 1080,
    timecode: '01:00:00:00',
    audio: [],
  },
  'odd/pixelprobe/corrupted.webm': { frames: 35, audio: [], rate: { num: 30000, den: 1001 } },
  'odd/aswf-encoding/greyscale-displayp3.mp4': {
    colour: { matrix: 'bt709', primaries: 'smpte432', transfer: 'iec61966-2-1', range: 'pc' },
  },
};

const WARNS: Readonly<Record<string, RegExp>> = {
  'odd/torchcodec/nasa_13013.mp4': /2 video streams: the first is used/,
  'odd/torchcodec/nasa_13013_vfr.mp4': /variable frame rate: conformed to 29.97/,
  'odd/torchcodec/testsrc2_hdr.mp4': /HDR/,
  'odd/pixelprobe/valid.mov': /picture ends after 9.8 of 240.8 seconds/,
  'odd/pixelprobe/corrupted.avi': /damaged data/,
  'odd/pixelprobe/corrupted.webm': /sound track 1 \(vorbis\) is left out: it cannot be decoded/,
  'odd/mediabunny/annex-b.mp4': /damaged data/,
  'odd/torchcodec/animated.gif': /transparent/,
};

describe.skipIf(!data)('every clip of the trial data', () => {
  beforeAll(async () => {
    await resolveFfmpeg();
  });

  it('is listed', () => {
    const found = ['clips', 'odd'].flatMap((folder) =>
      readdirSync(join(data!, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(data!.length + 1)),
    );
    expect(found.sort()).toEqual(rows.map(({ name }) => name).sort());
  });

  it.for(rows)('$name', { timeout: 30_000 }, async ({ name, media }, { skip }) => {
    const old = (await resolveFfmpeg()).version.startsWith('5.');
    skip(old && name.endsWith('heic.mp4'), 'ffmpeg 5 reads no HEIF');
    const refused = REFUSED[name];
    if (refused) {
      const error = await probeClip(join(data!, name)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AppError);
      expect((error as AppError).code).toBe(refused.code);
      expect(errorLine(error)).toMatch(refused.says);
      expect(errorLine(error)).not.toMatch(/\n/);
      return;
    }
    const clip = await probeClip(join(data!, name));
    expect(clip).toMatchObject(SPECIAL[name] ?? {});
    if (WARNS[name]) expect(clip.warnings.join('\n')).toMatch(WARNS[name]);
    checkManifest(clip, name, media);
    await checkDecoding(clip);
  });
});

function checkManifest(clip: ClipInfo, name: string, media: string): void {
  const match = /^\S+ (\d+)x(\d+) (\S+) (?:([\d/]+)|None)fps \| (\d+) \|/.exec(media);
  if (!match) expect.fail(`${name} was imported, but the manifest knows no picture of it: ${media}`);
  expect([clip.codedWidth, clip.codedHeight]).toEqual([Number(match[1]), Number(match[2])]);
  expect(clip.pixelFormat).toBe(match[3]);
  const pictures = Number(match[5]);
  if (clip.variableRate) {
    expect(clip.sourceTimes).toHaveLength(clip.frames);
    expect(new Set(clip.sourceTimes).size).toBeLessThanOrEqual(pictures);
    expect(new Set(clip.sourceTimes).size).toBeGreaterThanOrEqual(pictures * 0.5);
    return;
  }
  // corrupted.webm: the manifest's decoder gave up after six pictures.
  if (!media.includes('dec_err')) {
    expect(clip.frames).toBe(pictures);
    const [num, den] = (match[4] ?? '').split('/').map(Number);
    if (pictures > 1) expect(toNumber(clip.rate)).toBeCloseTo(num! / (den ?? 1), 2);
  }
  const rotation = /rot=(-?\d+)/.exec(media)?.[1];
  expect(clip.rotation).toBe(rotation ? (360 - Number(rotation)) % 360 : 0);
}

/** The first and last frames really come, at the end of a conformed stream too. */
async function checkDecoding(clip: ClipInfo): Promise<void> {
  const fit = fitCanvas(clip.width, clip.height, { size: 64, grid: 8 });
  for (const start of new Set([0, Math.max(0, clip.frames - 3)])) {
    const range = { start, end: Math.min(clip.frames, start + 3) };
    let next = start;
    for await (const { index, rgb } of decodeFrames(clip, { range, fit })) {
      expect(index).toBe(next);
      expect(rgb.length).toBe(fit.width * fit.height * 3);
      next += 1;
    }
    expect(next).toBe(range.end);
  }
}
