/** What stands over the shots: anchors, In and Out, playhead, marks of a drag, and the overview below. */
import type { Shot } from '../../common/project/document.ts';
import { type Placed, timelineFrameOf } from '../../common/project/positions.ts';
import { shotColour } from './colours.ts';
import { hasPicture } from './labels.ts';
import { middleOf, type Scene, xOf } from './scene.ts';
import { textWidth } from './text.ts';

/** Half the width of an anchor's marker, in design pixels. */
export const ANCHOR_RADIUS = 6;

export function drawAnchors(context: CanvasRenderingContext2D, scene: Scene, placed: Placed<Shot>): void {
  const { view, lanes, colours, hover } = scene;
  const { item } = placed;
  const room = (placed.to - placed.from) * view.scale;
  const narrow = room < 16 * lanes.unit;
  const small = room < 44 * lanes.unit;
  for (const anchor of item.anchors) {
    const inHand = view.anchor?.shotId === item.id && view.anchor.frame === anchor;
    if (narrow && !inHand) continue;
    const x = Math.round(middleOf(view, timelineFrameOf(placed, anchor))) + 0.5;
    if (x < -12 || x > scene.width + 12) continue;
    const lead = anchor === item.leadAnchor;
    const rests = !lead && scene.followsSeveral(item) === false;
    const hovered = hover?.kind === 'anchor' && hover.shotId === item.id && hover.frame === anchor;
    if (small && !inHand && !hovered) {
      drawTick(context, scene, x, rests);
      continue;
    }
    drawPin(context, scene, x, { lead, rests, strong: inHand || hovered });
    if (hasPicture(item, anchor)) drawPicture(context, scene, x, lead, rests);
    if (rests && !inHand) continue;
    context.strokeStyle = inHand ? colours.selection : colours.anchor;
    context.lineWidth = inHand ? 2 : 1;
    context.globalAlpha = lead || inHand ? 0.9 : 0.5;
    context.beginPath();
    context.moveTo(x, lanes.anchors.top + lanes.anchors.height);
    context.lineTo(x, lanes.shots.top + lanes.shots.height);
    context.stroke();
    context.globalAlpha = 1;
  }
}

/** In a crowd a short line says that there is an anchor. */
function drawTick(
  context: CanvasRenderingContext2D,
  { lanes, colours }: Scene,
  x: number,
  rests: boolean,
): void {
  const length = 7 * lanes.unit;
  context.fillStyle = rests ? colours.strong : colours.anchor;
  context.fillRect(x - lanes.unit, lanes.shots.top - length - 1, 2 * lanes.unit, length);
}

/** A pin that points down at its frame; the leading one is filled, one that does not count is grey and dashed. */
function drawPin(
  context: CanvasRenderingContext2D,
  scene: Scene,
  x: number,
  { lead, rests, strong }: { readonly lead: boolean; readonly rests: boolean; readonly strong: boolean },
): void {
  const { lanes, colours } = scene;
  const radius = ANCHOR_RADIUS * lanes.unit;
  const tip = lanes.anchors.top + lanes.anchors.height;
  const shoulder = tip - 6 * lanes.unit;
  const top = tip - 15 * lanes.unit;
  context.beginPath();
  context.moveTo(x - radius, top);
  context.lineTo(x + radius, top);
  context.lineTo(x + radius, shoulder);
  context.lineTo(x, tip);
  context.lineTo(x - radius, shoulder);
  context.closePath();
  context.fillStyle = lead ? colours.anchor : colours.ground;
  context.fill();
  context.lineWidth = strong ? 2.5 : 1.5;
  context.strokeStyle = strong ? colours.text : rests ? colours.quiet : colours.anchor;
  if (rests) context.setLineDash([2 * lanes.unit, 2 * lanes.unit]);
  context.stroke();
  context.setLineDash([]);
}

/** A small frame on the pin: the artist's own picture stands there. */
function drawPicture(
  context: CanvasRenderingContext2D,
  { lanes, colours }: Scene,
  x: number,
  lead: boolean,
  rests: boolean,
): void {
  const side = 5 * lanes.unit;
  context.fillStyle = lead ? colours.ground : rests ? colours.quiet : colours.anchor;
  context.fillRect(x - side / 2, lanes.anchors.top + lanes.anchors.height - 13 * lanes.unit, side, side);
}

export function drawRange(context: CanvasRenderingContext2D, scene: Scene): void {
  const { view, lanes, colours, width, length } = scene;
  if (view.inFrame === null && view.outFrame === null) return;
  const from = xOf(view, view.inFrame ?? 0);
  const to = xOf(view, view.outFrame ?? length);
  const bottom = lanes.sound.top + lanes.sound.height;
  const { top, height } = lanes.ruler;
  context.fillStyle = colours.range;
  context.globalAlpha = 0.28;
  context.fillRect(from, top, to - from, height);
  context.globalAlpha = 0.45;
  context.fillStyle = colours.outside;
  context.fillRect(0, top + height, Math.max(0, from), bottom - top - height);
  context.fillRect(to, top + height, Math.max(0, width - to), bottom - top - height);
  context.globalAlpha = 1;
  context.fillStyle = colours.range;
  if (view.inFrame !== null) context.fillRect(Math.round(from), top, 2, bottom - top);
  if (view.outFrame !== null) context.fillRect(Math.round(to) - 2, top, 2, bottom - top);
}

export function drawPlayhead(context: CanvasRenderingContext2D, scene: Scene): void {
  const { view, lanes, colours } = scene;
  const bottom = lanes.overview.top;
  if (view.scale >= 5) {
    context.fillStyle = colours.text;
    context.globalAlpha = 0.13;
    context.fillRect(xOf(view, view.playhead), lanes.ruler.top, view.scale, bottom - lanes.ruler.top);
    context.globalAlpha = 1;
  }
  const x = Math.round(middleOf(view, view.playhead));
  const half = 6 * lanes.unit;
  const foot = lanes.ruler.top + lanes.ruler.height;
  context.fillStyle = colours.text;
  context.fillRect(x - 0.5, foot - 2, 1.5, bottom - foot + 2);
  context.beginPath();
  context.moveTo(x - half, foot - 11 * lanes.unit);
  context.lineTo(x + half, foot - 11 * lanes.unit);
  context.lineTo(x + half, foot - 5 * lanes.unit);
  context.lineTo(x, foot + 1);
  context.lineTo(x - half, foot - 5 * lanes.unit);
  context.closePath();
  context.fill();
}

export function drawDrag(context: CanvasRenderingContext2D, scene: Scene): void {
  const { drag, view, lanes, colours, width } = scene;
  if (!drag) return;
  const bottom = lanes.sound.top + lanes.sound.height;
  context.fillStyle = colours.selection;
  if (drag.snap !== null) {
    context.fillRect(Math.round(xOf(view, drag.snap)), lanes.ruler.top, 1, bottom - lanes.ruler.top);
  }
  if (drag.insertAt !== null) {
    context.fillRect(
      Math.round(xOf(view, drag.insertAt)) - 2,
      lanes.markers.top,
      4,
      bottom - lanes.markers.top,
    );
  }
  if (!drag.text) return;
  const unit = lanes.unit;
  context.font = `${12 * unit}px ${colours.font}`;
  const room = textWidth(context, drag.text) + 12 * unit;
  const x = Math.max(4, Math.min(width - room - 4, drag.x + 12 * unit));
  const y = Math.max(lanes.anchors.top, drag.y - 28 * unit);
  context.fillStyle = colours.raised;
  context.fillRect(x, y, room, 22 * unit);
  context.strokeStyle = colours.strong;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, room - 1, 22 * unit - 1);
  context.fillStyle = colours.text;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.fillText(drag.text, x + 6 * unit, y + 11 * unit);
}

/** Pixels per frame of the overview. */
export function overviewScale(width: number, length: number): number {
  return width / Math.max(1, length);
}

export function drawOverview(context: CanvasRenderingContext2D, scene: Scene): void {
  const { lanes, colours, width, length, view, placed } = scene;
  const { top, height } = lanes.overview;
  const scale = overviewScale(width, length);
  context.fillStyle = colours.ground;
  context.fillRect(0, top, width, height);
  for (const one of placed) {
    if (one.item.kind === 'gap') continue;
    const wide = (one.to - one.from) * scale;
    context.fillStyle = wide < 6 * lanes.unit ? colours.strong : shotColour(colours, one.item.id);
    context.fillRect(one.from * scale, top + 5, wide < 3 ? wide : wide - 1, height - 8);
  }
  for (const { frame, colour } of scene.document.markers) {
    context.fillStyle = colours.markers[colour];
    context.fillRect((frame + 0.5) * scale - 1, top, 2, 4);
  }
  const left = Math.max(0, view.scroll * scale);
  const right = Math.min(width, (view.scroll + width / view.scale) * scale);
  context.fillStyle = colours.text;
  context.globalAlpha = 0.16;
  context.fillRect(left, top + 2, Math.max(8, right - left), height - 2);
  context.globalAlpha = 1;
  context.strokeStyle = colours.quiet;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 2.5, Math.max(8, right - left) - 1, height - 3);
  context.fillStyle = colours.text;
  context.fillRect((view.playhead + 0.5) * scale - 0.5, top + 2, 1.5, height - 2);
}
