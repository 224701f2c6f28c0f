/** Whatever a file says of its pixels and colours, in every word ffmpeg has: taken, kept in the take, or refused on import in one line. */
import { beforeAll, describe, expect, it } from 'vitest';
import { AppError, errorLine } from '../../src/common/errors.ts';
import type { TakeFormat } from '../../src/common/formats/registry.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { bitDepthOf, hasAlpha } from '../../src/main/engine/media/colour.ts';
import { decodeFrame, decodeFrames } from '../../src/main/engine/media/decode.ts';
import { openTake } from '../../src/main/engine/media/encode.ts';
import { resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { ffmpegDoes, psnr, tempFolder, wholeFit } from '../helpers/clips.ts';

const MOVIES: readonly [TakeFormat, string][] = [
  ['prores422hq', 'mov'],
  ['prores4444', 'mov'],
  ['dnxhr-hqx', 'mov'],
  ['h264', 'mp4'],
];
const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=s=256x128:r=25:d=0.04,gblur=2'];

/** What ffmpeg prints on stdout. */
async function says(...args: string[]): Promise<string> {
  const chunks: Buffer[] = [];
  await runFfmpeg(await resolveFfmpeg(), ['-hide_banner', ...args], {
    doing: 'asking ffmpeg',
    onOutput: (chunk) => chunks.push(chunk),
  });
  return Buffer.concat(chunks).toString();
}

let fullHelp = '';
beforeAll(async () => {
  fullHelp = await says('-h', 'full');
});

/** Every value of one of ffmpeg's options for encoders. */
function valuesOf(option: string): number[] {
  const lines = fullHelp.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`  -${option} `));
  const found = new Set<number>();
  for (const line of lines.slice(begin + 1)) {
    const value = /^ {5}\S+ +(\d+) /.exec(line);
    if (!value) break;
    found.add(Number(value[1]));
  }
  return [...found];
}

/** The clip, or the line that refuses it. */
async function taken(path: string): Promise<ClipInfo | string> {
  try {
    return await probeClip(path);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe('clip-unreadable');
    expect(error.hint).not.toBe('');
    return errorLine(error);
  }
}

async function copy(clip: ClipInfo, out: string, format: TakeFormat): Promise<ClipInfo> {
  const fit = wholeFit(clip);
  const range = { start: 0, end: clip.frames };
  const take = await openTake({ clip, range, fit, out, format });
  try {
    for await (const { rgb } of decodeFrames(clip, { range, fit }))
      await take.write(new Float32Array(rgb).map((v) => v / 255));
    return await probeClip((await take.finish()).path);
  } finally {
    await take.abort();
  }
}

const first = (clip: ClipInfo) => decodeFrame(clip, 0, { width: clip.width, height: clip.height });

describe('colour tags', () => {
  it.for([
    { option: 'color_primaries', tag: 'primaries', least: 12 },
    { option: 'color_trc', tag: 'transfer', least: 16 },
    { option: 'colorspace', tag: 'matrix', least: 14 },
  ] as const)(
    'of every $tag are kept in every movie format, recoded with a word, or refused',
    async ({ option, tag, least }) => {
      using folder = tempFolder();
      const values = valuesOf(option);
      expect(values.length).toBeGreaterThanOrEqual(least);
      const refused: string[] = [];
      for (const value of values) {
        const path = folder.at(`${value}.mkv`);
        const set = `format=yuv420p,setparams=${option}=${value}`;
        await ffmpegDoes(...PICTURE, '-vf', set, '-c:v', 'ffv1', path);
        const clip = await taken(path);
        if (typeof clip === 'string') {
          refused.push(clip);
          continue;
        }
        const source = await first(clip);
        for (const [format, extension] of MOVIES) {
          const take = await copy(clip, folder.at(`${format}.${extension}`), format);
          const told = clip.warnings.some((warning) => warning.includes(clip.colour[tag] ?? ''));
          const kept = clip.colour[tag] ?? 'bt709';
          const where = `${tag} ${value} (${kept}) in ${format}`;
          // EBU 3213 has no number in the stream of H.264 itself, only in the file around it.
          if (format !== 'h264' || kept !== 'ebu3213') {
            const hdr = clip.hdr && tag === 'transfer';
            if (!hdr && take.colour[tag] !== kept) expect(told, where).toBe(true);
            if (!hdr && !told) expect(take.colour[tag], where).toBe(kept);
            expect(take.colour[tag], where).not.toBeNull();
          }
          expect(psnr(await first(take), source), where).toBeGreaterThan(30);
        }
      }
      expect(refused).toEqual(tag === 'matrix' ? [expect.stringMatching(/matrix smpte2085/)] : []);
    },
  );

  it('of a PAL DVD go into its takes', async () => {
    using folder = tempFolder();
    const tags = ['-color_primaries', 'bt470bg', '-color_trc', 'gamma28', '-colorspace', 'bt470bg'];
    const source = ['-f', 'lavfi', '-i', 'testsrc2=s=720x576:r=25:d=0.4', '-c:v', 'mpeg2video'];
    await ffmpegDoes(...source, ...tags, folder.at('dvd.mpg'));
    const clip = await probeClip(folder.at('dvd.mpg'));
    expect(clip).toMatchObject({ frames: 10, warnings: [] });
    for (const [format, extension] of MOVIES) {
      const { frames, colour } = await copy(clip, folder.at(`${format}.${extension}`), format);
      expect({ frames, ...colour }, format).toMatchObject({
        frames: 10,
        primaries: 'bt470bg',
        transfer: 'bt470bg',
        matrix: 'bt470bg',
      });
    }
  });

  it.for([
    ['ycgco', 'm=ycgco:p=709:t=709', 'pin=709:tin=709'],
    ['bt2020c', 'm=2020_cl:p=2020:t=2020_10', 'pin=2020:tin=2020_10'],
    ['chroma-derived-nc', 'm=chroma-derived-nc:p=smpte432:t=709', 'pin=smpte432:tin=709'],
    ['chroma-derived-c', 'm=chroma-derived-c:p=2020:t=709', 'pin=2020:tin=709'],
  ] as const)('of %s are read as what they are', async ([matrix, coded, from]) => {
    using folder = tempFolder();
    await ffmpegDoes(...PICTURE, '-vf', 'format=gbrp', '-c:v', 'ffv1', folder.at('rgb.mkv'));
    const how = `format=gbrp,zscale=min=gbr:rin=full:${from}:${coded}:r=limited,format=yuv444p10`;
    await ffmpegDoes(...PICTURE, '-vf', how, '-c:v', 'ffv1', folder.at('coded.mkv'));
    const clip = await probeClip(folder.at('coded.mkv'));
    expect(clip.colour.matrix).toBe(matrix);
    expect(clip.warnings).toEqual([expect.stringMatching(`coded as ${matrix}.* colours stay`)]);
    const reference = await first(await probeClip(folder.at('rgb.mkv')));
    expect(psnr(await first(clip), reference)).toBeGreaterThan(38);
    const take = await copy(clip, folder.at('t.mov'), 'prores4444');
    expect(psnr(await first(take), reference)).toBeGreaterThan(36);
  });

  it('of high dynamic range in whatever coding come out as the same picture', async () => {
    using folder = tempFolder();
    const graded =
      'format=gbrp,setparams=colorspace=gbr:color_primaries=bt709:color_trc=bt709,zscale=t=linear:npl=203,format=gbrpf32le';
    const make = async (name: string, coded: string) => {
      await ffmpegDoes(...PICTURE, '-vf', `${graded},${coded}`, '-c:v', 'ffv1', folder.at(name));
      return probeClip(folder.at(name));
    };
    const pq = 'zscale=p=2020:t=smpte2084:npl=203';
    const usual = await first(await make('usual.mkv', `${pq}:m=2020_ncl:r=limited,format=yuv444p10`));
    const others = {
      ictcp: `${pq}:m=ictcp:r=limited,format=yuv444p10`,
      full: `${pq}:m=2020_ncl:r=full,format=yuv444p10`,
      rgb: `${pq}:m=gbr:r=full,format=gbrp10`,
      p3: 'zscale=p=smpte432:t=smpte2084:npl=203:m=2020_ncl:r=limited,format=yuv444p10',
      untagged: `${pq}:m=2020_ncl:r=limited,format=yuv444p10,setparams=colorspace=unknown:color_primaries=unknown`,
    };
    for (const [name, coded] of Object.entries(others)) {
      const clip = await make(`${name}.mkv`, coded);
      expect(clip.hdr, name).toBe(true);
      expect(psnr(await first(clip), usual), name).toBeGreaterThan(34);
    }
  });
});

describe('pixel formats', () => {
  it('of every name are read, or refused; alpha and depth are known of each', async () => {
    using folder = tempFolder();
    const rows = [...(await says('-pix_fmts')).matchAll(/^([I.])([O.])([H.])\S\S (\w+) +(\d) +\d+ +(\d+)/gm)];
    expect(rows.length).toBeGreaterThan(180);
    await ffmpegDoes(...PICTURE, '-vf', 'format=gbrp', '-c:v', 'ffv1', folder.at('rgb.mkv'));
    const reference = await first(await probeClip(folder.at('rgb.mkv')));
    let read = 0;
    for (const [, , output, hardware, name, components, depth] of rows) {
      if (hardware === 'H') continue; // memory of graphics cards, which no decoder here puts out
      expect([name, hasAlpha(name!)]).toEqual([name, /^[24]$/.test(components!) || name === 'pal8']);
      if (!/^(rgb|bgr)\d|^pal8|^mono|^bayer/.test(name!)) {
        expect([name, bitDepthOf(name!)]).toEqual([name, Number(depth)]);
      }
      if (output !== 'O') continue;
      const path = folder.at(`${name}.nut`);
      await ffmpegDoes(...PICTURE, '-frames:v', '1', '-c:v', 'rawvideo', '-pix_fmt', name!, path);
      const clip = await taken(path);
      if (typeof clip === 'string' || clip.pixelFormat !== name) continue; // NUT has no word for it
      read += 1;
      const grey = /^(gray|mono|ya)/.test(name!);
      const coarse = /^(rgb|bgr)[48]|^(rgb|bgr)(444|555|565)|pal8|410|bayer|xyz/.test(name!);
      if (!grey) expect(psnr(await first(clip), reference), name).toBeGreaterThan(coarse ? 10 : 20);
    }
    expect(read).toBeGreaterThan(110);
  });
});
