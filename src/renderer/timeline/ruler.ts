/** Ticks and timecode labels of the ruler. */
import type { Rational } from '../../common/media.ts';
import {
  formatTimecode,
  keepsTimeByDropFrame,
  nominalRate,
  type Timecode,
} from '../../common/time/timecode.ts';
import { type Scene, xOf } from './scene.ts';

export interface Ticks {
  /** Frames between labels, and between the small ticks that divide them evenly. */
  readonly label: number;
  readonly tick: number;
}

/** The closest labels that keep `room` pixels apart: even parts of a second, then seconds and minutes in round counts. */
export function ticksFor(scale: number, rate: Rational, room: number): Ticks {
  const second = nominalRate(rate);
  const frames = Array.from({ length: second - 1 }, (_, at) => at + 1).filter(
    (count) => second % count === 0,
  );
  const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600].map(
    (one) => one * second,
  );
  const steps = [...frames, ...seconds];
  const label = steps.find((step) => step * scale >= room) ?? steps.at(-1)!;
  const tick = steps.find((step) => step * scale >= 7 && label % step === 0) ?? label;
  return { label, tick };
}

/** Labels since midnight, those included that drop frame skips: what round labels are round in. */
function labelCount(start: Timecode, rate: Rational): number {
  const [hours, minutes, seconds, label] = formatTimecode(start, rate).split(/[:;]/).map(Number);
  return ((hours! * 60 + minutes!) * 60 + seconds!) * nominalRate(rate) + label!;
}

/** A length as a timecode. */
export function timecodeOf(frame: number, rate: Rational): string {
  return formatTimecode({ frames: frame, drop: keepsTimeByDropFrame(rate) }, rate);
}

export function drawRuler(context: CanvasRenderingContext2D, scene: Scene): void {
  const { view, width, colours, rate, lanes, start } = scene;
  const { unit, ruler } = lanes;
  context.fillStyle = colours.panel;
  context.fillRect(0, ruler.top, width, ruler.height);
  context.font = `${11 * unit}px ${colours.mono}`;
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  const { label, tick } = ticksFor(view.scale, rate, 104 * unit);
  const phase = labelCount(start, rate);
  // From the label before the left edge on, which may reach into sight.
  const first = Math.floor((Math.max(0, Math.floor(view.scroll)) + phase) / label) * label - phase;
  const last = view.scroll + width / view.scale;
  const bottom = ruler.top + ruler.height;
  for (let frame = first; frame <= last; frame += tick) {
    if (frame < 0) continue;
    const x = Math.round(xOf(view, frame)) + 0.5;
    const named = (frame + phase) % label === 0;
    context.fillStyle = named ? colours.quiet : colours.strong;
    context.fillRect(x - 0.5, bottom - (named ? 9 : 5) * unit, 1, (named ? 9 : 5) * unit);
    if (named)
      context.fillText(
        formatTimecode({ frames: start.frames + frame, drop: start.drop }, rate),
        x + 4 * unit,
        bottom - 8 * unit,
      );
  }
  context.fillStyle = colours.line;
  context.fillRect(0, bottom - 1, width, 1);
}
