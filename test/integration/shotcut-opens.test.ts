/** Shotcut itself opens the file that is written for it, on a screen of its own, and shows the picture that is shown. Skipped where it is not installed. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Cut, CutMedia } from '../../src/common/interchange/cut.ts';
import { writeShotcut } from '../../src/common/interchange/mlt/shotcut.ts';
import { exact } from '../../src/common/time/exact.ts';
import { rational } from '../../src/common/time/rational.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const has = (name: string) => {
  try {
    execFileSync('which', [name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const there = ['shotcut', 'xvfb-run', 'xdotool', 'import'].every(has);

/** Waits for the window that bears the file's name, takes a picture of the screen, and ends the program. */
const SCRIPT = `
shotcut --noupgrade "$1" >"$2/log" 2>&1 & P=$!
for i in $(seq 1 60); do xdotool search --name 'film.mlt - Shotcut' >/dev/null 2>&1 && break; sleep 1; done
sleep 6
import -window root "$2/screen.png"
xdotool search --name . getwindowname %@ 2>/dev/null | sort -u >"$2/windows"
kill -9 $P
`;

it.skipIf(!there)(
  'opens as a project, without a word about repair, and shows the take',
  async () => {
    const dir = tempFolder();
    const media: Record<string, CutMedia> = {};
    for (const colour of ['red', 'blue']) {
      const path = join(dir, `${colour}.mov`);
      const source = ['-f', 'lavfi', '-i', `color=${colour}:s=320x240:r=25:d=2`];
      await ffmpegDoes(...source, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', path);
      media[colour] = {
        ...{
          id: colour,
          name: `${colour}.mov`,
          path,
          rate: rational(25),
          frames: 50,
          width: 320,
          height: 240,
        },
        ...{ timecode: null, reel: null, sound: null },
      };
    }
    const source = (id: string) => ({ media: id, name: id, from: exact(0n) });
    const cut: Cut = {
      ...{
        name: 'Film',
        rate: rational(25),
        start: { frames: 0, drop: false },
        width: 320,
        height: 240,
        media,
      },
      items: [
        {
          ...{ kind: 'clip', name: 'Shot 1', frames: 40, shown: 1, note: 'the sea' },
          sources: [source('red'), source('blue')],
          markers: [{ at: 5, name: 'wave', note: '', colour: 'orange' }],
        },
      ],
      markers: [],
    };
    writeFileSync(join(dir, 'film.mlt'), writeShotcut(cut).text);
    const env = { ...process.env, HOME: dir, QT_QPA_PLATFORM: 'xcb', LIBGL_ALWAYS_SOFTWARE: '1' };
    const args = ['-a', '-s', '-screen 0 1280x800x24', 'sh', '-c', SCRIPT, 'sh', join(dir, 'film.mlt'), dir];
    await once(spawn('xvfb-run', args, { env, stdio: 'ignore' }), 'exit');
    const windows = readFileSync(join(dir, 'windows'), 'utf8');
    expect(windows).toContain('film.mlt - Shotcut');
    expect(windows).not.toMatch(/repair|error|failed/i);
    await ffmpegDoes('-i', join(dir, 'screen.png'), '-f', 'rawvideo', '-pix_fmt', 'rgb24', join(dir, 'raw'));
    const pixels = readFileSync(join(dir, 'raw'));
    let blue = 0;
    for (let at = 0; at < pixels.length; at += 3)
      if (pixels[at]! < 20 && pixels[at + 1]! < 20 && pixels[at + 2]! > 230) blue += 1;
    expect(blue).toBeGreaterThan(5000);
  },
  120_000,
);
