/** What ffmpeg says, as it really said it. */
import { describe, expect, it } from 'vitest';
import { parseBanner } from '../../src/main/engine/media/banner.ts';
import { bitDepthOf, hasAlpha, outputColour, sourceCoding } from '../../src/main/engine/media/colour.ts';
import { parseFrameCount } from '../../src/main/engine/media/encode.ts';
import { lastError, unreadable, writeFailure } from '../../src/main/engine/media/failure.ts';
import { parseTable } from '../../src/main/engine/media/ffmpeg.ts';
import {
  parseClock,
  parsePacket,
  parsePacketTimeBase,
  parseShown,
} from '../../src/main/engine/media/showinfo.ts';

const banner = (text: string) => parseBanner(text.split('\n'));

describe('parseBanner', () => {
  it('reads a camera file with timecode, reel and rotation', () => {
    const found = banner(`Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'a.mov':
  Metadata:
    major_brand     : qt  
  Duration: 00:01:02.50, start: 0.000000, bitrate: 355 kb/s
  Stream #0:0[0x1](eng): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, smpte170m/smpte170m/bt709, progressive), 320x240 [SAR 1:1 DAR 4:3], 275 kb/s, 23.98 fps, 23.98 tbr, 24k tbn (default)
      Metadata:
        vendor_id       : FFMP
        timecode        : 01:00:00:10
      Side data:
        displaymatrix: rotation of -90.00 degrees
  Stream #0:1[0x2]: Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 69 kb/s (default)
  Stream #0:2[0x3](eng): Data: none (tmcd / 0x64636D74), 0 kb/s
      Metadata:
        reel_name       : A001
        timecode        : 01:00:00:10
At least one output file must be specified`);
    expect(found).toEqual({
      container: 'mov,mp4,m4a,3gp,3g2,mj2',
      durationSeconds: 62.5,
      timecode: '01:00:00:10',
      reel: 'A001',
      audio: [
        {
          ...{ index: 1, codec: 'aac', layout: 'mono', sampleRate: 44100 },
          ...{ channels: 0, title: null, language: null, dispositions: ['default'] },
        },
      ],
      chapters: [],
      videos: [
        {
          index: 0,
          codec: 'h264',
          tag: 'avc1',
          pixelFormat: 'yuv420p',
          colour: { matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'bt709', range: 'tv' },
          width: 320,
          height: 240,
          sampleAspect: { num: 1, den: 1 },
          rotation: 90,
          attachedPicture: false,
          alphaMode: false,
        },
      ],
    });
  });

  it('reads covers, alpha, odd layouts and what ffmpeg could not find out', () => {
    const found = banner(`[matroska,webm @ 0x1] Could not find codec parameters for stream 0
Input #0, matroska,webm, from 'Stream #0:9: Video: trick':
  Duration: N/A, start: 0.000000, bitrate: N/A
  Stream #0:0: Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), 600x600 [SAR 72:72 DAR 1:1], 90k tbr, 90k tbn (attached pic)
  Stream #0:1(und): Video: h264 (avc1 / 0x31637661), none, 320x240, 193 kb/s, SAR 3:4 DAR 1:1, 15.80 fps, 25 tbr, 12800 tbn (default)
  Stream #0:2: Video: vp8, yuv420p(tv, bt709, top coded first (swapped)), 1920x1080, SAR 1:1 DAR 16:9, 60 fps, 60 tbr, 1k tbn (default)
      Metadata:
        alpha_mode      : 1
  Stream #0:3: Audio: vorbis, 44100 Hz, 0 channels, fltp (default)
  Stream #0:4: Audio: ac3 (ac-3 / 0x332D6361), 48000 Hz, 5.1(side), fltp, 448 kb/s (default)
  Stream #0:5: Audio: pcm_s24le, 96000 Hz, 12 channels, s32`);
    expect(found!.videos.map((video) => [video.attachedPicture, video.pixelFormat, video.alphaMode])).toEqual(
      [
        [true, 'yuvj420p', false],
        [false, null, false],
        [false, 'yuv420p', true],
      ],
    );
    expect(found!.videos[1]!.sampleAspect).toEqual({ num: 3, den: 4 });
    expect(found!.videos[0]!.colour).toEqual({
      matrix: 'bt470bg',
      primaries: null,
      transfer: null,
      range: 'pc',
    });
    expect(found!.videos[2]!.colour).toEqual({
      matrix: 'bt709',
      primaries: 'bt709',
      transfer: 'bt709',
      range: 'tv',
    });
    expect(found!.audio.map(({ layout }) => layout)).toEqual(['0 channels', '5.1(side)', '12 channels']);
    expect(found!.durationSeconds).toBeNull();
  });

  it('knows no media when it sees none', () => {
    expect(banner('x.txt: Invalid data found when processing input')).toBeNull();
  });
});

describe('showinfo and framecrc', () => {
  it('are read as version 7 writes them', () => {
    expect(
      parseShown(
        '[Parsed_showinfo_0 @ 0x7fc694001cc0] [info] n:   1 pts:    512 pts_time:0.04    duration:    512 duration_time:0.04    fmt:yuv420p cl:left sar:1/1 s:64x64 i:T iskey:0 type:B ',
      ),
    ).toEqual({ pts: 512, duration: 512, pixelFormat: 'yuv420p', width: 64, height: 64, field: 'tff' });
    expect(
      parseClock('[Parsed_showinfo_0 @ 0x1] [info] config in time_base: 1/12800, frame_rate: 30000/1001'),
    ).toEqual({
      timeBase: { num: 1, den: 12800 },
      nominalRate: { num: 30000, den: 1001 },
    });
    expect(
      parseClock('[Parsed_showinfo_0 @ 0x1] [info] config out time_base: 0/0, frame_rate: 0/0'),
    ).toBeNull();
    expect(
      parseClock('[Parsed_showinfo_0 @ 0x1] config in time_base: 1/1000, frame_rate: 0/1')!.nominalRate,
    ).toBeNull();
  });

  it('are read as version 5 writes them', () => {
    expect(
      parseShown(
        '[Parsed_showinfo_0 @ 0x55f0c48ca840] [info] n:   3 pts:   -100 pts_time:-0.1     pos:     5891 fmt:yuv420p sar:1/1 s:200x600 i:P iskey:1 type:I ',
      ),
    ).toEqual({
      pts: -100,
      duration: null,
      pixelFormat: 'yuv420p',
      width: 200,
      height: 600,
      field: 'progressive',
    });
    expect(
      parseShown(
        '[Parsed_showinfo_0 @ 0x5] n:   0 pts:   NOPTS pts_time:NOPTS   pos:       -1 fmt:gray sar:0/1 s:8x8 i:B iskey:1 type:I',
      ),
    ).toMatchObject({ pts: null, field: 'bff' });
  });

  it('pass over everything else', () => {
    for (const line of [
      '[Parsed_showinfo_0 @ 0x7fc] color_range:unknown color_space:unknown color_primaries:unknown color_trc:unknown',
      '[h264 @ 0x1] [error] Invalid NAL unit size (16842752 > 3455).',
      '',
    ]) {
      expect(parseShown(line)).toBeNull();
      expect(parsePacket(line)).toBeNull();
    }
  });

  it('tell key, plain and doubtful packets apart', () => {
    expect(parsePacketTimeBase('#tb 0: 1/12800')).toEqual({ num: 1, den: 12800 });
    expect(parsePacket('0,       1536,       2560,      512,     1444, 0xee3ec3b6')).toEqual({
      pts: 2560,
      duration: 512,
      key: true,
      doubtful: false,
    });
    expect(parsePacket('0,          0,        512,      512,      135, 0xde5b4378, F=0x0')).toMatchObject({
      key: false,
      doubtful: false,
    });
    expect(parsePacket('0,      -3584,      -2560,      512,     1842, 0xe89b2469, F=0x5')).toMatchObject({
      pts: -2560,
      key: true,
      doubtful: true,
    });
    expect(parsePacket('0,          0,      NOPTS,      512,      135, 0xde5b4378')).toBeNull();
  });
});

describe('progress and abilities', () => {
  it('counts the pictures that left the encoder', () => {
    expect(parseFrameCount('frame=3\nfps=0.0\nprogress=continue\nframe=  12\nprogress=end\n')).toBe(12);
    expect(parseFrameCount('drop_frames=7\n')).toBe(0);
  });

  it('reads the tables of encoders, filters and muxers', () => {
    expect(
      parseTable(
        ' V..... = Video\n ------\n VFS... prores_ks            Apple ProRes (iCodec Pro) (codec prores)\n',
      ),
    ).toEqual(new Set(['prores_ks']));
    expect(
      parseTable(
        '  T.. = Timeline support\n TSC aap               AA->A      Apply\n .S. tonemap           V->V       Conversion\n',
      ),
    ).toEqual(new Set(['aap', 'tonemap']));
    expect(parseTable('  E  3g2             3GP2\n  E  mov,qt          QuickTime / MOV\n')).toEqual(
      new Set(['3g2', 'mov', 'qt']),
    );
  });
});

describe('failures', () => {
  it('become one line an artist can act on', () => {
    const tail = [
      '[prores_ks @ 0x5] [warning] chatter',
      '[out#0/mov @ 0x1] [error] Error submitting a packet to the muxer: No space left on device',
    ];
    expect(writeFailure('writing a.mov', tail)).toMatchObject({ code: 'disk-full' });
    expect(
      writeFailure('writing a.mov', ['[dnxhd @ 0x1] [error] video parameters incompatible']),
    ).toMatchObject({
      code: 'ffmpeg-failed',
      message: 'ffmpeg failed (video parameters incompatible)',
    });
    expect(lastError([])).toBe('it said nothing');
    expect(unreadable('reading a.mp4', ['[mov @ 0x1] moov atom not found']).message).toMatch(
      /index is missing/,
    );
    expect(
      unreadable('reading a.mp4', ['detected only with low score of 1', 'moov atom not found']).message,
    ).toMatch(/not a video/);
  });
});

describe('colour decisions', () => {
  const clip = (matrix: string | null, range: 'tv' | 'pc' | null, height = 480, pixelFormat = 'yuv420p') => ({
    colour: { matrix, primaries: null, transfer: null, range },
    codedWidth: height * 1.5,
    codedHeight: height,
    pixelFormat,
    hdr: false,
  });

  it('believe tags, and guess by size where there are none', () => {
    expect(sourceCoding(clip('bt709', 'tv'))).toMatchObject({ matrix: 'bt709', range: 'limited' });
    expect(sourceCoding(clip('bt470bg', 'pc'))).toMatchObject({ matrix: 'bt601', range: 'full' });
    expect(sourceCoding(clip(null, null))).toMatchObject({ matrix: 'bt601', range: 'limited' });
    expect(sourceCoding(clip(null, null, 1080))).toMatchObject({ matrix: 'bt709', range: 'limited' });
    expect(sourceCoding(clip(null, null, 1080, 'yuvj420p')).range).toBe('full');
    expect(sourceCoding(clip('gbr', null, 1080, 'gbrp')).range).toBe('full');
  });

  it('write the source’s matrix where it is a known one, BT.709 otherwise', () => {
    expect(outputColour(clip('smpte170m', 'tv'))).toMatchObject({
      matrix: 'bt601',
      tags: { matrix: 6 },
    });
    expect(outputColour(clip(null, null))).toEqual({
      matrix: 'bt709',
      tags: { primaries: 1, transfer: 1, matrix: 1 },
    });
    expect(outputColour(clip('gbr', 'pc')).tags.matrix).toBe(1);
    expect(outputColour({ ...clip('bt2020nc', 'tv'), hdr: true }).tags.matrix).toBe(1);
  });

  it('read depth and alpha off the pixel format', () => {
    const depths = {
      yuv420p: 8,
      yuv420p10le: 10,
      yuvj444p: 8,
      yuv444p12le: 12,
      gbrp: 8,
      gbrap16le: 16,
      p010le: 10,
      rgb48be: 16,
      gray10le: 10,
      nv12: 8,
      bgra: 8,
      yuva444p12le: 12,
      x2rgb10le: 10,
      ya8: 8,
    };
    for (const [format, depth] of Object.entries(depths))
      expect([format, bitDepthOf(format)]).toEqual([format, depth]);
    for (const format of ['yuva420p', 'bgra', 'gbrap', 'ya8', 'pal8']) expect(hasAlpha(format)).toBe(true);
    for (const format of ['yuv420p', 'rgb24', 'gbrp', 'gray', 'yuyv422'])
      expect(hasAlpha(format)).toBe(false);
  });
});
