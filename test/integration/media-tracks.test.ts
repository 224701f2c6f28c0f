/** Sounds and chapters go into takes with their names, languages, roles and channels; what cannot go is told, truly and in time. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ClipInfo } from '../../src/common/media.ts';
import { rehearseTake } from '../../src/main/engine/media/encode.ts';
import { proxyArgs, samplesArgs } from '../../src/main/engine/media/preview-args.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { counter, ffmpegDoes, H264, tempFolder, wholeFit } from '../helpers/clips.ts';
import { copyTake, ffmpegSays } from '../helpers/takes.ts';

/** So many sines, each of its own pitch. */
function sines(channels: number, layout: string | null, rate = 48000): string[] {
  const each = Array.from({ length: channels }, (_, i) => `0.3*sin(2*PI*${200 + 150 * i}*t)`);
  const source = `aevalsrc='${each.join('|')}'${layout ? `:c=${layout}` : ''}:s=${rate}:d=1`;
  return ['-f', 'lavfi', '-i', source];
}

/** The samples of one track, interleaved, as floats. */
async function heard(path: string, track: number, channels: number): Promise<Float32Array[]> {
  const bytes = await ffmpegSays('-i', path, '-map', `0:a:${track}`, '-f', 'f32le', '-');
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return Array.from({ length: channels }, (_, c) => all.filter((_, i) => i % channels === c));
}

/** Frequency in Hz, by crossings of zero. */
function pitch(samples: Float32Array, rate: number): number {
  let crossings = 0;
  for (let i = 1; i < samples.length; i += 1) if (samples[i - 1]! < 0 && samples[i]! >= 0) crossings += 1;
  return (crossings * rate) / samples.length;
}

const LAYOUTS = [
  {
    name: 'ambisonics',
    channels: 4,
    layout: 'ambisonic 1',
    codec: ['libopus', '-mapping_family', '2'],
    file: 'c.mkv',
  },
  { name: 'sixteen channels', channels: 16, layout: null, codec: ['pcm_s16le'], file: 'c.mov' },
  { name: '7.1.4', channels: 12, layout: '7.1.4', codec: ['pcm_s16le'], file: 'c.mkv' },
  { name: '22.2', channels: 24, layout: '22.2', codec: ['pcm_s16le'], file: 'c.mkv' },
  { name: '5.1.2', channels: 8, layout: '5.1.2', codec: ['flac'], file: 'c.mkv' },
  { name: '5.1', channels: 6, layout: '5.1', codec: ['aac'], file: 'c.mp4' },
  { name: 'mono', channels: 1, layout: 'mono', codec: ['aac'], file: 'c.mp4' },
] as const;

async function soundClip(
  folder: { at(name: string): string },
  sound: (typeof LAYOUTS)[number],
): Promise<ClipInfo> {
  await ffmpegDoes(
    ...counter('25', 25),
    ...sines(sound.channels, sound.layout),
    ...H264,
    '-c:a',
    ...sound.codec,
    folder.at(sound.file),
  );
  return probeClip(folder.at(sound.file));
}

describe('a sound', () => {
  it.for(LAYOUTS)('of $name keeps every channel in its place', async (sound) => {
    using folder = tempFolder();
    const { channels } = sound;
    const clip = await soundClip(folder, sound);
    expect(clip.audio).toMatchObject([{ channels, sampleRate: 48000 }]);
    expect(clip.warnings).toEqual([]);
    for (const [format, out, play] of [
      ['prores422hq', 't.mov', 't.mov'],
      ['png', 'seq', 'seq/seq.wav'],
    ] as const) {
      const take = await copyTake(clip, { out: folder.at(out), format });
      expect(take.audioStreams).toBe(1);
      expect(take.notes.join()).toMatch(
        sound.name === 'ambisonics' ? /ambisonic 1: its 4 channels are kept/ : /^$/,
      );
      const tracks = await heard(folder.at(play), 0, channels);
      for (const [c, samples] of tracks.entries()) {
        expect(samples.length).toBe(48000);
        // What goes into a subwoofer alone may be coded without its treble.
        if (sound.codec[0] !== 'aac' || c !== 3)
          expect(Math.abs(pitch(samples, 48000) - (200 + 150 * c))).toBeLessThan(6);
      }
    }
    const movie = (await probeClip(folder.at('t.mov'))).audio[0]!;
    if (sound.name !== 'ambisonics') expect(movie.layout).toBe(clip.audio[0]!.layout);
  });

  it('that AAC cannot hold is refused before the first frame, what it can is kept', async () => {
    for (const sound of LAYOUTS) {
      using folder = tempFolder();
      const clip = await soundClip(folder, sound);
      const wish = {
        clip,
        range: { start: 0, end: clip.frames },
        fit: wholeFit(clip),
        out: folder.at('t.mp4'),
        format: 'h264' as const,
      };
      const before = readdirSync(folder.path);
      if (/ambi|7.1.4|22.2|5.1.2/.test(sound.name)) {
        await expect(rehearseTake(wish)).rejects.toMatchObject({
          code: 'usage',
          message: expect.stringMatching(/H\.264 takes have AAC sound, which cannot hold/),
          hint: expect.stringMatching(/ProRes/),
        });
      } else {
        expect(await rehearseTake(wish)).toEqual([]);
        const take = await copyTake(clip, wish);
        expect((await probeClip(take.path)).audio).toMatchObject([
          { channels: sound.channels, layout: sound.layout ?? '16 channels' },
        ]);
      }
      expect(readdirSync(folder.path).filter((name) => name !== 't.mp4')).toEqual(before);
    }
  });

  it.for([192_000, 44_056, 11_025])('of %i samples a second lasts as long as the picture', async (rate) => {
    using folder = tempFolder();
    await ffmpegDoes(
      ...counter('25', 25),
      ...sines(2, null, rate),
      ...H264,
      '-c:a',
      'pcm_s16le',
      folder.at('c.mkv'),
    );
    const clip = await probeClip(folder.at('c.mkv'));
    const movie = await copyTake(clip, { out: folder.at('t.mov'), format: 'prores422hq' });
    expect((await heard(movie.path, 0, 2))[0]!.length).toBe(rate);
    const small = await copyTake(clip, { out: folder.at('t.mp4'), format: 'h264' });
    const { sampleRate } = (await probeClip(small.path)).audio[0]!;
    expect(Math.abs((await heard(small.path, 0, 2))[0]!.length / sampleRate - 1)).toBeLessThan(0.1);
    expect(small.notes.join()).toMatch(
      rate === 11_025 ? /^$/ : new RegExp(`${rate} samples a second.*resampled`),
    );
  });

  it('that cannot be decoded is left out for the reason there is', async () => {
    using folder = tempFolder();
    await ffmpegDoes(
      ...counter('25', 25),
      ...sines(2, null),
      ...sines(2, null),
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      ...H264,
      '-c:a',
      'pcm_s16le',
      '-f',
      'mov',
      folder.at('c.mov'),
    );
    const { readFileSync, writeFileSync } = await import('node:fs');
    const bytes = readFileSync(folder.at('c.mov'));
    bytes.write('zz-9', bytes.lastIndexOf('sowt'), 'latin1');
    writeFileSync(folder.at('odd.mov'), bytes);
    const clip = await probeClip(folder.at('odd.mov'));
    expect(clip.audio).toHaveLength(1);
    expect(clip.warnings).toEqual([
      expect.stringMatching(/sound track 2 \(.*\) is left out: this ffmpeg does not know its codec/),
    ]);
  });

  it.for(LAYOUTS)('of $name is heard in previews too', async (sound) => {
    using folder = tempFolder();
    const clip = await soundClip(folder, sound);
    const proxy = proxyArgs(clip, { width: 80, height: 32, toneMap: false, output: folder.at('p.mp4') });
    await ffmpegDoes(...proxy.filter((option) => !/^-hide_banner$|^-nostdin$|^-y$/.test(option)));
    expect((await probeClip(folder.at('p.mp4'))).audio).toMatchObject([{ channels: 2 }]);
    const samples = await ffmpegSays(
      ...samplesArgs(clip, 8000).filter((option) => !/^-hide_banner$|^-nostdin$/.test(option)),
    );
    expect(samples.length).toBeGreaterThan(15_000);
    expect(
      Math.max(...new Int16Array(samples.buffer.slice(samples.byteOffset, samples.byteOffset + 8000))),
    ).toBeGreaterThan(1000);
  });
});

/** Two named sounds and three chapters, as Matroska holds them. */
async function named(folder: { at(name: string): string }): Promise<ClipInfo> {
  const { writeFileSync } = await import('node:fs');
  const chapters = [
    [0, 800, 'Ouverture; = # \\ 1'],
    [800, 2000, '第二章'],
    [2000, 4000, 'End'],
  ] as const;
  const quoted = (text: string) => text.replace(/[=;#\\]/g, '\\$&');
  writeFileSync(
    folder.at('chapters.txt'),
    `;FFMETADATA1\n${chapters.map(([start, end, title]) => `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${end}\ntitle=${quoted(title)}`).join('\n')}\n`,
  );
  const two = [...sines(2, null), ...sines(1, null)];
  await ffmpegDoes(
    ...[...counter('25', 100), ...two, '-f', 'ffmetadata', '-i', folder.at('chapters.txt')],
    ...['-map', '0', '-map', '1', '-map', '2', '-map_chapters', '3', ...H264, '-c:a', 'flac'],
    ...['-metadata:s:a:0', 'title=Dialogue: "take" 1', '-metadata:s:a:0', 'language=jpn'],
    ...['-metadata:s:a:1', 'title=Kommentar\nzweite Zeile', '-metadata:s:a:1', 'language=deu'],
    ...['-disposition:a:0', '0', '-disposition:a:1', 'default+comment', folder.at('c.mkv')],
  );
  return probeClip(folder.at('c.mkv'));
}

describe('what people called things', () => {
  it('is read, and goes into every container as far as it holds it', async () => {
    using folder = tempFolder();
    const clip = await named(folder);
    expect(clip.audio).toMatchObject([
      { title: 'Dialogue: "take" 1', language: 'jpn', dispositions: [] },
      {
        title: 'Kommentar\nzweite Zeile',
        language: expect.stringMatching(/^(deu|ger)$/),
        dispositions: ['default', 'comment'],
      },
    ]);
    expect(clip.chapters).toMatchObject([
      { start: 0, end: 0.8, title: 'Ouverture; = # \\ 1' },
      { start: 0.8, end: 2, title: '第二章' },
      { start: 2, end: 4, title: 'End' },
    ]);
    const range = { start: 30, end: 75 };
    for (const [format, out] of [
      ['prores422hq', 't.mov'],
      ['dnxhr-hqx', 'd.mov'],
      ['h264', 't.mp4'],
      ['h264', 'h.mov'],
    ] as const) {
      if (format === 'dnxhr-hqx') continue; // the counter is too small for it
      const take = await probeClip((await copyTake(clip, { out: folder.at(out), format, range })).path);
      expect(take.frames, out).toBe(45);
      expect(take.audio, out).toMatchObject([
        { title: 'Dialogue: "take" 1', language: 'jpn', dispositions: [] },
        {
          title: 'Kommentar\nzweite Zeile',
          language: expect.stringMatching(/^(deu|ger)$/),
          dispositions: expect.arrayContaining(['default']),
        },
      ]);
      const seconds = (frame: number) => (frame - 30) / 25;
      expect(take.chapters, out).toEqual([
        { start: 0, end: expect.closeTo(seconds(50), 2), title: '第二章' },
        { start: expect.closeTo(seconds(50), 2), end: expect.closeTo(seconds(75), 2), title: 'End' },
      ]);
    }
    const sequence = await copyTake(clip, { out: folder.at('seq'), format: 'png', range });
    expect(sequence.notes).toEqual([expect.stringMatching(/chapters are left out/)]);
    expect(
      readdirSync(folder.at('seq'))
        .filter((name) => name.endsWith('.wav'))
        .sort(),
    ).toEqual(['seq-2.wav', 'seq.wav']);
    const lines = await ffmpegDoes('-i', folder.at('seq/seq.wav'), '-f', 'null', '-');
    expect(lines.join('\n')).toMatch(/title +: Dialogue: "take" 1/);
  });

  it('leaves an ordinary take as it was: one sound, no names, no chapters', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...counter('25', 25), ...sines(2, null), ...H264, '-c:a', 'aac', folder.at('c.mp4'));
    const clip = await probeClip(folder.at('c.mp4'));
    expect(clip.audio).toMatchObject([{ title: null, language: null, dispositions: ['default'] }]);
    const take = await probeClip(
      (await copyTake(clip, { out: folder.at('t.mov'), format: 'prores422hq' })).path,
    );
    expect(take.audio).toMatchObject([{ title: null, language: null, dispositions: ['default'] }]);
    expect(take.chapters).toEqual([]);
  });
});
