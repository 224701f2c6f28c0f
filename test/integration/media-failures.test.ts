/** What goes wrong outside: broken clips, full disks, closed folders, no ffmpeg. One clear line each, nothing left behind. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { AppError, Cancelled, errorLine } from '../../src/common/errors.ts';
import type { TakeFormat } from '../../src/common/formats/registry.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { openTake } from '../../src/main/engine/media/encode.ts';
import {
  FfmpegProcess,
  findFfmpeg,
  requireEncoder,
  resolveFfmpeg,
} from '../../src/main/engine/media/ffmpeg.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { checkTarget } from '../../src/main/engine/media/target.ts';
import { counter, ffmpegDoes, H264, tempFolder, wholeFit } from '../helpers/clips.ts';

beforeAll(async () => {
  await resolveFfmpeg();
});

/** The error of a promise that must fail as foreseen, as one line. */
async function refusal(promise: Promise<unknown>): Promise<{ code: string; line: string }> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw error;
  const line = errorLine(error);
  expect(line).not.toMatch(/\n|undefined|\[object/);
  return { code: error.code, line };
}

describe('a clip that cannot be read', () => {
  it('is refused by name', async () => {
    using folder = tempFolder();
    const write = (name: string, content: Uint8Array | string) => {
      writeFileSync(folder.at(name), content);
      return folder.at(name);
    };
    await ffmpegDoes(
      ...counter('25', 50),
      '-f',
      'lavfi',
      '-i',
      'sine=d=2',
      ...H264,
      '-c:a',
      'aac',
      folder.at('good.mp4'),
    );
    const good = readFileSync(folder.at('good.mp4'));
    const garbage = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 2654435761) >>> 24);
    await ffmpegDoes('-f', 'lavfi', '-i', 'sine=d=1', folder.at('sound.wav'));
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'sine=d=1',
      '-f',
      'lavfi',
      '-i',
      'color=red:s=64x64:d=0.04',
      '-map',
      '0',
      '-map',
      '1',
      '-c:v',
      'mjpeg',
      '-c:a',
      'aac',
      '-disposition:v',
      'attached_pic',
      folder.at('cover.m4a'),
    );
    const cases: [string, string, RegExp][] = [
      [folder.at('none.mov'), 'clip-unreadable', /reading none.mov: there is no such file/],
      [folder.path, 'clip-unreadable', /this is a folder/],
      [write('empty.mov', ''), 'clip-unreadable', /the file is empty/],
      [write('garbage.mov', garbage), 'clip-unreadable', /not a video/],
      [write('text.txt', 'dear diary\n'.repeat(500)), 'clip-unreadable', /not a video/],
      [
        write('headless.mp4', good.subarray(0, good.length >> 1)),
        'clip-unreadable',
        /incomplete: its index is missing/,
      ],
      [
        write('list.m3u8', '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n'),
        'clip-unreadable',
        /not a video/,
      ],
      [folder.at('sound.wav'), 'clip-no-video', /sound only/],
      [folder.at('cover.m4a'), 'clip-no-video', /sound only/],
      ['/dev/null', 'clip-unreadable', /no ordinary file/],
    ];
    for (const [path, code, says] of cases) {
      const { code: found, line } = await refusal(probeClip(path));
      expect([path, found]).toEqual([path, code]);
      expect(line).toMatch(says);
    }
  });

  it('but starts well is taken as far as it goes, with a warning', async () => {
    using folder = tempFolder();
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x240:r=25:d=4',
      ...H264,
      '-movflags',
      '+faststart',
      folder.at('a.mp4'),
    );
    const whole = readFileSync(folder.at('a.mp4'));
    writeFileSync(folder.at('cut.mp4'), whole.subarray(0, Math.round(whole.length * 0.6)));
    const clip = await probeClip(folder.at('cut.mp4'));
    expect(clip.frames).toBeGreaterThan(30);
    expect(clip.frames).toBeLessThan(80);
    expect(clip.warnings.join('; ')).toMatch(/damaged data.*picture ends after \d\.\d of 4\.0 seconds/);

    // Noise in the middle: frames around it may look bad, but the count and the end stay.
    const noisy = Buffer.from(whole);
    for (let i = 0; i < 400; i += 1) noisy[Math.round(whole.length * 0.5) + i] = (i * 89) & 255;
    writeFileSync(folder.at('noisy.mp4'), noisy);
    const damaged = await probeClip(folder.at('noisy.mp4'));
    expect(Math.abs(damaged.frames - 100)).toBeLessThan(3);
    expect(damaged.warnings.join('; ')).toMatch(/damaged data/);
  });

  it('is no reason to wait: cancelling stops the probe', async () => {
    using folder = tempFolder();
    await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=8', ...H264, folder.at('a.mp4'));
    await expect(probeClip(folder.at('a.mp4'), { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
      Cancelled,
    );
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    await expect(probeClip(folder.at('a.mp4'), { signal: controller.signal })).rejects.toBeInstanceOf(
      Cancelled,
    );
  });
});

describe('a place that cannot be written', () => {
  async function clipIn(
    folder: { at(name: string): string },
    args: readonly string[] = [],
  ): Promise<ClipInfo> {
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=640x360:r=25:d=1',
      ...args,
      ...H264,
      folder.at('clip.mov'),
    );
    return probeClip(folder.at('clip.mov'));
  }

  /** Noise, so that no codec makes it small. */
  async function fill(clip: ClipInfo, out: string, format: TakeFormat): Promise<void> {
    const fit = wholeFit(clip);
    const noise = Float32Array.from(
      { length: fit.width * fit.height * 3 },
      (_, i) => ((i * 2654435761) >>> 8) / 2 ** 24,
    );
    const take = await openTake({ clip, range: { start: 0, end: clip.frames }, fit, out, format });
    try {
      for (let i = 0; i < clip.frames; i += 1)
        await take.write(noise.map((value, at) => (value + (at % 7) * 0.13 * i) % 1));
      await take.finish();
    } finally {
      await take.abort();
    }
  }

  it('is refused before any work', async () => {
    using folder = tempFolder();
    const clip = await clipIn(folder);
    mkdirSync(folder.at('dir.mov'));
    writeFileSync(folder.at('file'), '');
    symlinkSync(folder.at('clip.mov'), folder.at('link.mov'));
    const cases: [string, TakeFormat, string, RegExp][] = [
      [
        folder.at('no/such/take.mov'),
        'prores422hq',
        'output-unwritable',
        /the folder .*no\/such does not exist/,
      ],
      [folder.at('clip.mov'), 'prores422hq', 'output-unwritable', /overwrite its own clip/],
      [folder.at('link.mov'), 'prores422hq', 'output-unwritable', /overwrite its own clip/],
      [folder.at('dir.mov'), 'prores422hq', 'output-unwritable', /a folder of that name/],
      [folder.at('file/take.mov'), 'prores422hq', 'output-unwritable', /not a folder/],
      [folder.at('file'), 'png', 'output-unwritable', /a file of that name/],
      [folder.at('take.mp4'), 'prores422hq', 'usage', /end in .mov/],
      [folder.at('take'), 'h264', 'usage', /end in .mp4/],
      [folder.at('take.mov'), 'png', 'usage', /Name a folder/],
    ];
    for (const [out, format, code, says] of cases) {
      for (const attempt of [checkTarget(out, clip.path, format), fill(clip, out, format)]) {
        const found = await refusal(attempt);
        expect([out, found.code]).toEqual([out, code]);
        expect(found.line).toMatch(says);
      }
    }
    expect(readdirSync(folder.path).sort()).toEqual(['clip.mov', 'dir.mov', 'file', 'link.mov']);
  });

  it.skipIf(process.getuid?.() === 0)('as a closed folder is refused', async () => {
    using folder = tempFolder();
    mkdirSync(folder.at('closed'));
    chmodSync(folder.at('closed'), 0o500);
    expect(await refusal(checkTarget(folder.at('closed/t.mov'), 'x', 'prores422hq'))).toMatchObject({
      code: 'output-unwritable',
    });
  });

  it.skipIf(!canMount())('as a read-only disk or a full one is named, and left clean', async () => {
    using folder = tempFolder();
    const clip = await clipIn(folder);
    using closed = mounted(folder.at('closed'), 'ro');
    expect(await refusal(fill(clip, join(closed.path, 't.mov'), 'prores422hq'))).toMatchObject({
      code: 'output-unwritable',
      line: expect.stringMatching(/read-only/),
    });
    using small = mounted(folder.at('small'), 'size=1m');
    for (const [name, format] of [
      ['t.mov', 'prores422hq'],
      ['t.mov', 'dnxhr-hqx'],
      ['t.mp4', 'h264'],
      ['frames', 'png'],
    ] as const) {
      writeFileSync(join(small.path, 'older take'), 'kept');
      const found = await refusal(fill(clip, join(small.path, name), format));
      expect([format, found.code]).toEqual([format, 'disk-full']);
      expect(found.line).toMatch(/the disk is full/);
      expect(readdirSync(small.path)).toEqual(['older take']);
    }
  });

  it('keeps the older take when the new one is cancelled or given up', async () => {
    using folder = tempFolder();
    const clip = await clipIn(folder);
    writeFileSync(folder.at('take.mov'), 'older');
    const fit = wholeFit(clip);
    const frame = new Float32Array(fit.width * fit.height * 3);
    const controller = new AbortController();
    const options = {
      clip,
      range: { start: 0, end: 25 },
      fit,
      out: folder.at('take.mov'),
      format: 'prores422hq',
    } as const;
    const cancelled = await openTake(options, controller.signal);
    await cancelled.write(frame);
    controller.abort();
    await expect(cancelled.write(frame).then(() => cancelled.finish())).rejects.toBeInstanceOf(Cancelled);
    const abandoned = await openTake(options);
    await abandoned.write(frame);
    await abandoned.abort();
    await abandoned.abort();
    const short = await openTake(options);
    await short.write(frame);
    await expect(short.finish()).rejects.toThrow(/25 frames, 1 were written/);
    expect(readFileSync(folder.at('take.mov'), 'utf8')).toBe('older');
    expect(readdirSync(folder.path).sort()).toEqual(['clip.mov', 'take.mov']);
  });
});

describe('a process that is killed', () => {
  it('takes its encoder with it; the same job begun again sweeps up', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...counter('25', 20), ...H264, folder.at('clip.mov'));
    const source = (file: string) =>
      JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src/main/engine/media', file)).href);
    writeFileSync(
      folder.at('victim.ts'),
      `const { probeClip } = await import(${source('probe.ts')});
       const { openTake } = await import(${source('encode.ts')});
       const clip = await probeClip(${JSON.stringify(folder.at('clip.mov'))});
       const fit = { contentWidth: 160, contentHeight: 64, width: 160, height: 64, left: 0, top: 0 };
       const take = await openTake({ clip, range: { start: 0, end: 20 }, fit, out: ${JSON.stringify(folder.at('take.mov'))}, format: 'prores422hq', tag: 'job' });
       await take.write(new Float32Array(160 * 64 * 3));
       console.log('written');
       setInterval(() => {}, 1000);`,
    );
    const victim = spawn(process.execPath, [folder.at('victim.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const left = () => readdirSync(folder.path).filter((name) => name.includes('retake-partial'));
    const gone = once(victim, 'close');
    try {
      await Promise.race([once(victim.stdout, 'data'), gone]);
      await expect.poll(left, { timeout: 10_000 }).toHaveLength(1);
    } finally {
      victim.kill('SIGKILL');
      await gone;
    }
    await expect.poll(() => encodersOn(folder.path), { timeout: 10_000 }).toEqual([]);
    expect(readdirSync(folder.path)).not.toContain('take.mov');
    expect(left()).toHaveLength(1);
    const clip = await probeClip(folder.at('clip.mov'));
    const options = {
      clip,
      range: { start: 0, end: 20 },
      fit: wholeFit(clip),
      out: folder.at('take.mov'),
      format: 'prores422hq',
      tag: 'job',
    } as const;
    const take = await openTake(options);
    await take.abort();
    expect(readdirSync(folder.path).sort()).toEqual(['clip.mov', 'victim.ts']);
  });
});

/** Processes whose command line names a folder (Linux; elsewhere none are seen). */
function encodersOn(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(folder));
}

describe('ffmpeg itself', () => {
  it('that cannot even start says so', async () => {
    await using child = new FfmpegProcess({ path: '/no/such/ffmpeg' }, [], { doing: 'reading x' });
    expect(await refusal(child.finished())).toMatchObject({
      code: 'ffmpeg-failed',
      line: expect.stringMatching(/could not be started/),
    });
  });

  it('is found with its abilities, and the refused candidates with their reasons', async () => {
    using folder = tempFolder();
    const real = await resolveFfmpeg();
    expect(real.encoders.has('prores_ks') && real.filters.has('bwdif')).toBe(true);
    writeFileSync(folder.at('fake'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    writeFileSync(
      folder.at('old'),
      "#!/bin/sh\necho 'ffmpeg version 4.4.2'\necho 'libavutil      56. 70.100 / 56. 70.100'\n",
      { mode: 0o755 },
    );
    const bad = [
      { name: 'RETAKE_FFMPEG', path: folder.at('none') },
      { name: 'ffmpeg-static', path: null },
      { name: 'fake', path: folder.at('fake') },
      { name: 'old', path: folder.at('old') },
    ];
    const found = await findFfmpeg([...bad, { name: 'PATH', path: real.path }]);
    expect(found.path).toBe(real.path);
    expect(found.refused.map(({ reason }) => reason)).toEqual([
      'no such program',
      'not installed',
      expect.stringMatching(/does not run/),
      'older than ffmpeg 5.1',
    ]);
    const { code, line } = await refusal(findFfmpeg(bad));
    expect(code).toBe('ffmpeg-missing');
    for (const { name } of bad) expect(line).toContain(name);
  });

  it('without an encoder is told by the encoder’s name', async () => {
    using folder = tempFolder();
    const real = await resolveFfmpeg();
    expect(() => requireEncoder({ ...real, encoders: new Set(['png']) }, 'prores_ks')).toThrow(
      /no encoder "prores_ks"/,
    );
    await ffmpegDoes(...counter('25', 5), ...H264, folder.at('c.mp4'));
    const clip = await probeClip(folder.at('c.mp4'));
    const options = {
      clip,
      range: { start: 0, end: 5 },
      fit: wholeFit(clip),
      out: folder.at('t.mov'),
      format: 'prores422hq',
    } as const;
    const found = await refusal(openTake({ ...options, ffmpeg: { ...real, encoders: new Set(['png']) } }));
    expect(found).toMatchObject({ code: 'encoder-missing', line: expect.stringMatching(/prores_ks/) });
    expect(readdirSync(folder.path)).toEqual(['c.mp4']);
  });

  it('that stops answering is killed, not waited for', async () => {
    using folder = tempFolder();
    writeFileSync(folder.at('stuck'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    await using child = new FfmpegProcess({ path: folder.at('stuck') }, [], {
      doing: 'reading x',
      stallMs: 300,
    });
    const begun = performance.now();
    expect(await refusal(child.finished())).toMatchObject({
      code: 'ffmpeg-failed',
      line: expect.stringMatching(/no progress/),
    });
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  using folder = tempFolder();
  try {
    using _ = mounted(folder.at('try'), 'size=1m');
    return true;
  } catch {
    return false;
  }
}

function mounted(path: string, options: string): Disposable & { readonly path: string } {
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' });
  return { path, [Symbol.dispose]: () => void execFileSync('umount', [path]) };
}
