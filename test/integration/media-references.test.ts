/** A file that names other files or addresses is no clip: nothing it names is opened, whatever it calls itself. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { FORMATS } from '../../src/common/formats/registry.ts';
import {
  bannerArgs,
  decodeArgs,
  listPacketsArgs,
  showPicturesArgs,
} from '../../src/main/engine/media/args.ts';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { encodeArgs } from '../../src/main/engine/media/encode-args.ts';
import { proxyArgs, samplesArgs, sheetArgs } from '../../src/main/engine/media/preview-args.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { trySoundArgs } from '../../src/main/engine/media/sound-args.ts';
import { counter, ffmpegDoes, H264, tempFolder, wholeFit } from '../helpers/clips.ts';

let server: Server;
let calls = 0;
let address = '';

beforeAll(async () => {
  server = createServer((socket) => {
    calls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

/**
 * Whether a pipe with a name has a reader at any time while the work goes on. Who opens a pipe to read waits there, so no
 * moment can be missed.
 */
async function isOpenedDuring(pipe: string, work: () => Promise<unknown>): Promise<boolean> {
  let opened = false;
  const look = setInterval(() => {
    try {
      closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
      opened = true; // and closed again: the reader meets its end and goes on
    } catch {
      // nobody reads
    }
  }, 5);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return opened;
}

const dash = (url: string) => `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" type="static"
 mediaPresentationDuration="PT2S" minBufferTime="PT1S"><Period><AdaptationSet mimeType="video/mp4" contentType="video">
<Representation id="1" bandwidth="9" codecs="avc1.42c01e" width="64" height="64"><BaseURL>${url}</BaseURL></Representation>
</AdaptationSet></Period></MPD>`;
const hls = (url: string) =>
  `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI="${url}"\n#EXTINF:2,\n${url}\n#EXT-X-ENDLIST\n`;
const hlsVariants = (url: string) => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=90000\n${url}\n`;
const concat = (url: string) => `ffconcat version 1.0\nfile '${url}'\n`;
const imf = (url: string) => `<?xml version="1.0" encoding="UTF-8"?>
<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>urn:uuid:8713c020-2489-45f5-a9f7-87be539e20b5</Id>
<ContentTitle>${url}</ContentTitle><EditRate>24 1</EditRate><SegmentList/></CompositionPlaylist>`;
const sdp = (url: string) =>
  `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=${url}\nc=IN IP4 127.0.0.1\nt=0 0\na=control:${url}\nm=video ${address.split(':')[1]} RTP/AVP/TCP 96\na=rtpmap:96 H264/90000\n`;
const asx = (url: string) => `<asx version="3.0"><entry><ref href="${url}"/></entry></asx>`;
const reference = (url: string) => `[Reference]\nRef1=${url}\n`;
const avisynth = (url: string) => `FFVideoSource("${url}")\n`;
const vapoursynth = (url: string) =>
  `import vapoursynth as vs\nvs.core.ffms2.Source("${url}").set_output()\n`;
const svg = (url: string) =>
  `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64"><image xlink:href="${url}" width="64" height="64"/></svg>`;
const filterGraph = (url: string) => `movie=${url}[out0]\n`;

const KINDS: readonly [string, (url: string) => string][] = [
  ['manifest.mpd', dash],
  ['list.m3u8', hls],
  ['variants.m3u8', hlsVariants],
  ['list.ffconcat', concat],
  ['list.txt', concat],
  ['cpl.xml', imf],
  ['stream.sdp', sdp],
  ['list.asx', asx],
  ['list.ref', reference],
  ['script.avs', avisynth],
  ['script.vpy', vapoursynth],
  ['drawing.svg', svg],
  ['graph.lavfi', filterGraph],
];

describe.skipIf(process.platform === 'win32')('a file that names others', () => {
  it.for(KINDS)('%s opens nothing', async ([name, write]) => {
    using folder = tempFolder();
    const secret = folder.at('secret.mp4');
    execFileSync('mkfifo', [secret]);
    const good = folder.at('good.mp4');
    await ffmpegDoes(...counter('25', 5), ...H264, good);
    const targets = [
      `http://${address}/a.mp4`,
      `tcp://${address}`,
      secret,
      `file:${secret}`,
      'secret.mp4',
      good,
    ];
    for (const url of targets) {
      for (const as of [name, 'clip.mp4', 'clip.jpg']) {
        writeFileSync(folder.at(as), write(url));
        let error: unknown = null;
        const opened = await isOpenedDuring(secret, async () => {
          error = await probeClip(folder.at(as)).catch((reason: unknown) => reason);
        });
        expect([url, as, opened, calls]).toEqual([url, as, false, 0]);
        expect(error).toBeInstanceOf(AppError);
        // By its random name some demuxer may take it for its own, of no stream.
        expect((error as AppError).code).toMatch(/^clip-(unreadable|no-video)$/);
      }
    }
  });

  it('is called what it is', async () => {
    using folder = tempFolder();
    for (const [name, write, kind] of [
      ['clip.mp4', dash, 'dash'],
      ['list.m3u8', hls, 'hls'],
      ['clip.mp4', concat, 'concat'],
    ] as const) {
      writeFileSync(folder.at(name), write('other.mp4'));
      await expect(probeClip(folder.at(name))).rejects.toThrow(`a list of other files (${kind})`);
    }
  });

  it('by a pattern in its own name reads no neighbours', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...counter('25', 3), folder.at('plain.%04d.png'));
    for (const name of ['own%04d.png', 'own%20d.png', 'own*.png', 'own{1,2}.png', '100%.png', 'own%%d.png']) {
      copyFileSync(folder.at('plain.0001.png'), folder.at(name));
      expect([name, await probeClip(folder.at(name))]).toMatchObject([name, { frames: 1 }]);
    }
    copyFileSync(folder.at('plain.0001.png'), folder.at('own%d.mp4'));
    const lying = await probeClip(folder.at('own%d.mp4')).catch(() => null);
    expect(lying?.frames ?? 1).toBe(1);
  });

  it('by a data reference of QuickTime is read without it', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...counter('25', 5), ...H264, folder.at('plain.mov'));
    execFileSync('mkfifo', [folder.at('secret.mp4')]);
    writeFileSync(
      folder.at('clip.mov'),
      withAlias(readFileSync(folder.at('plain.mov')), folder.at('secret.mp4')),
    );
    const opened = await isOpenedDuring(folder.at('secret.mp4'), async () => {
      const clip = await probeClip(folder.at('clip.mov')).catch(() => null);
      if (!clip) return;
      for await (const _ of decodeFrames(clip, { range: { start: 0, end: 1 }, fit: wholeFit(clip) }));
    });
    expect(opened).toBe(false);
  });
});

describe('arguments', () => {
  it('never open an input without both whitelists', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...counter('25', 5), '-f', 'lavfi', '-i', 'sine=d=1', ...H264, folder.at('a.mp4'));
    const clip = await probeClip(folder.at('a.mp4'));
    expect(clip.audio).toHaveLength(1);
    const range = { start: 0, end: 5 };
    const size = { width: 64, height: 36 };
    const encode = {
      ...{ clip, range, fit: wholeFit(clip), timecode: null, soundFiles: null, output: 'o.mov' },
      ...{ firstNumber: 1001, merged: true, alpha: { decoder: null, seek: null }, chapters: 'chapters' },
    };
    const a = { path: 'a.mov', sequence: null };
    const pictures = {
      first: 1,
      count: 2,
      digits: 4,
      before: 'a.',
      after: '.png',
      rate: { num: 24, den: 1 },
    };
    const lists = [
      bannerArgs({ path: '/a.####.png', sequence: pictures }),
      bannerArgs(a),
      showPicturesArgs(a, 0, {}),
      listPacketsArgs(a, 0),
      trySoundArgs(a, 1),
      decodeArgs(clip, { range, ...size, seek: 3, toneMap: false }),
      encodeArgs({ ...encode, spec: FORMATS.prores4444 }),
      proxyArgs(clip, { ...size, toneMap: false, output: 'p.mp4' }),
      sheetArgs('p.mp4', { ...size, every: 1, columns: 1, rows: 1, output: 's.jpg' }),
      samplesArgs(clip, 48_000),
    ];
    for (const args of lists) {
      let from = 0;
      expect(args).toContain('-i');
      for (const [at, option] of args.entries()) {
        if (option !== '-i') continue;
        const own = args.slice(from, at);
        expect(own).toContain('-protocol_whitelist');
        expect(own).toContain('-format_whitelist');
        from = at + 1;
      }
    }
  });

  it('are written in one place', () => {
    const source = new URL('../../src/main', import.meta.url).pathname;
    const openers = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .filter((name) => /['"]-i['"]/.test(readFileSync(join(source, name), 'utf8')));
    expect(openers).toEqual([join('engine', 'media', 'input.ts')]);
  });
});

/** A QuickTime file whose samples are said to lie in another file: its `dref` names that by a Macintosh alias. */
function withAlias(movie: Buffer, path: string): Buffer {
  const { dref, parents } = findReferences(movie);
  const alias = aliasOf(path);
  const body = Buffer.alloc(16 + alias.length);
  body.writeUInt32BE(1, 4); // entries
  body.writeUInt32BE(8 + alias.length, 8);
  body.write('alis', 12, 'latin1');
  alias.copy(body, 16);
  const grown = body.length + 8 - movie.readUInt32BE(dref);
  const out = Buffer.concat([
    movie.subarray(0, dref + 8),
    body,
    movie.subarray(dref + movie.readUInt32BE(dref)),
  ]);
  for (const box of [...parents, dref]) out.writeUInt32BE(movie.readUInt32BE(box) + grown, box);
  return out;
}

/** Version and flags, then the record as libavformat/mov.c reads it: a name, and the absolute path as item 2. */
function aliasOf(path: string): Buffer {
  const text = Buffer.from(path.length % 2 === 0 ? path : `${path}\0`, 'latin1');
  const head = Buffer.alloc(4 + 10 + 28 + 12 + 64 + 16 + 4 + 16);
  head.write('secret.mp4', 4 + 10 + 28 + 12 + 1, 'latin1');
  head.writeUInt8(10, 4 + 10 + 28 + 12);
  head.writeUInt16BE(1, 4 + 10 + 28 + 12 + 64 + 16);
  head.writeUInt16BE(1, 4 + 10 + 28 + 12 + 64 + 18);
  const item = Buffer.alloc(4);
  item.writeUInt16BE(2, 0);
  item.writeUInt16BE(text.length, 2);
  return Buffer.concat([head, item, text, Buffer.from([0xff, 0xff, 0, 0])]);
}

function findReferences(movie: Buffer): { dref: number; parents: number[] } {
  const parents: number[] = [];
  let at = 0;
  for (const name of ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref']) {
    while (movie.toString('latin1', at + 4, at + 8) !== name) at += movie.readUInt32BE(at);
    if (name === 'dref') break;
    parents.push(at);
    at += 8;
  }
  return { dref: at, parents };
}
