/** The mask of the shot in hand, along the foot of its pictures: its key frames, and where it is not sure. */
import { keyFramesOf } from '../../common/project/edits-mask.ts';
import { timelineFrameOf } from '../../common/project/positions.ts';
import type { Lane } from './lanes.ts';
import { middleOf, type Scene, xOf } from './scene.ts';

/** Height of the strip and half the width of a key frame's mark, in design pixels. */
const STRIP = 15;
export const KEY_RADIUS = 5;
/** Below this width of the shot the marks would hide it. */
const LEAST = 44;

/** Where the strip lies; null where there is none. */
export function maskStrip({ masked, view, lanes }: Pick<Scene, 'masked' | 'view' | 'lanes'>): Lane | null {
  if (!masked || masked.item.settings.guide.mask === null) return null;
  const height = STRIP * lanes.unit;
  const room = (masked.to - masked.from) * view.scale;
  if (room < LEAST * lanes.unit || lanes.shots.height < 3 * height) return null;
  return { top: lanes.shots.top + lanes.shots.height - height, height };
}

export function drawMask(context: CanvasRenderingContext2D, scene: Scene): void {
  const { masked, view, lanes, colours } = scene;
  const strip = maskStrip(scene);
  if (!masked || !strip) return;
  const { id, settings } = masked.item;
  const left = Math.round(xOf(view, masked.from));
  const right = Math.round(xOf(view, masked.to)) - 1;
  context.save();
  context.beginPath();
  context.rect(left, strip.top, right - left, strip.height);
  context.clip();
  context.fillStyle = colours.badge;
  context.fillRect(left, strip.top, right - left, strip.height);
  for (const [from, to] of scene.unsure) drawUnsure(context, scene, strip, from, to);
  context.restore();
  for (const frame of keyFramesOf(settings.guide.mask)) {
    if (frame < masked.item.start || frame >= masked.item.end) continue;
    const x = Math.round(middleOf(view, timelineFrameOf(masked, frame))) + 0.5;
    if (x < -12 || x > scene.width + 12) continue;
    const inHand = view.maskKey?.shotId === id && view.maskKey.frame === frame;
    const hovered = scene.hover?.kind === 'mask-key' && scene.hover.frame === frame;
    drawKey(context, x, strip.top + strip.height / 2, KEY_RADIUS * lanes.unit);
    context.fillStyle = inHand ? colours.selection : colours.text;
    context.fill();
    context.lineWidth = inHand || hovered ? 2 : 1;
    context.strokeStyle = inHand || hovered ? colours.text : colours.ground;
    context.stroke();
  }
}

/** Hatched, so that it is told by its look and not by its colour alone. */
function drawUnsure(
  context: CanvasRenderingContext2D,
  { masked, view, lanes, colours }: Scene,
  strip: Lane,
  from: number,
  to: number,
): void {
  if (!masked) return;
  const left = xOf(view, timelineFrameOf(masked, from));
  const right = xOf(view, timelineFrameOf(masked, to - 1) + 1);
  context.save();
  context.beginPath();
  context.rect(left, strip.top, right - left, strip.height);
  context.clip();
  context.fillStyle = colours.warning;
  context.globalAlpha = 0.25;
  context.fillRect(left, strip.top, right - left, strip.height);
  context.globalAlpha = 0.9;
  context.strokeStyle = colours.warning;
  context.lineWidth = 1.5 * lanes.unit;
  const step = 6 * lanes.unit;
  for (let x = left - strip.height; x < right; x += step) {
    context.beginPath();
    context.moveTo(x, strip.top + strip.height);
    context.lineTo(x + strip.height, strip.top);
    context.stroke();
  }
  context.restore();
}

function drawKey(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.moveTo(x, y - radius);
  context.lineTo(x + radius, y);
  context.lineTo(x, y + radius);
  context.lineTo(x - radius, y);
  context.closePath();
}
