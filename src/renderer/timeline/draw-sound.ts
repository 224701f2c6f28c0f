/** The sound of the shots as a waveform, one column per device-independent pixel. */
import type { Shot } from '../../common/project/document.ts';
import type { Placed } from '../../common/project/positions.ts';
import { toNumber } from '../../common/time/rational.ts';
import { type Scene, xOf } from './scene.ts';

const peak: [number, number] = [0, 0];

export function drawSound(
  context: CanvasRenderingContext2D,
  scene: Scene,
  { item, from, to, conform }: Placed<Shot>,
): void {
  const { view, lanes, colours, document } = scene;
  const clip = document.clips[item.clipId];
  if (!clip?.hasAudio || lanes.sound.height === 0) return;
  const left = Math.max(0, Math.round(xOf(view, from)));
  const right = Math.min(scene.width, Math.round(xOf(view, to)) - 1);
  if (right <= left) return;
  const { top, height } = lanes.sound;
  context.fillStyle = colours.panel;
  context.fillRect(left, top + 1, right - left, height - 2);
  const peaks = scene.peaks(clip.path);
  if (!peaks) return;
  // A run begins on its first frame's own time and from there on time passes alike for clip and timeline.
  const rate = toNumber(scene.rate);
  const middle = top + height / 2;
  const half = height / 2 - 3;
  const perPixel = 1 / view.scale / rate;
  const offset = conform.start / toNumber(clip.rate) + (view.scroll - conform.from) / rate;
  context.fillStyle = colours.sound;
  context.beginPath();
  for (let x = left; x < right; x++) {
    const time = offset + x * perPixel;
    peaks.between(time, time + perPixel, peak);
    const above = Math.max(0.5, peak[1] * half);
    const below = Math.max(0.5, -peak[0] * half);
    context.rect(x, middle - above, 1, above + below);
  }
  context.globalAlpha = 0.75;
  context.fill();
  context.globalAlpha = 1;
}
