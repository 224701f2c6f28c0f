/** One shot: name, pictures, the take it shows and the other takes below. */
import { isPartial } from '../../common/project/coverage.ts';
import type { Shot } from '../../common/project/document.ts';
import { clipFrameOf, type Placed } from '../../common/project/positions.ts';
import { takesOfShot } from '../store/current.ts';
import { otherRate } from '../store/rates.ts';
import { fps } from '../words.ts';
import { shotColour } from './colours.ts';
import { drawCoverage } from './draw-coverage.ts';
import type { Thumbnails } from './media.ts';
import { type Scene, xOf } from './scene.ts';
import { fitText, textWidth } from './text.ts';

/** Below these widths in design pixels a shot is a plain block, one grey among many, and without a line at its cut. */
const PLAIN = 10;
const CROWDED = 7;
const LINED = 3;
/** Below this width no pictures are asked for. */
const PICTURES = 28;

/** Square that stands for a take in the lane below its shot. */
const TAKE_PIP = 9;
export const TAKE_STEP = 13;

export function drawShot(context: CanvasRenderingContext2D, scene: Scene, placed: Placed<Shot>): void {
  const { view, lanes, colours } = scene;
  const { item } = placed;
  const left = xOf(view, placed.from);
  const right = xOf(view, placed.to);
  const { top, height } = lanes.shots;
  const chosen = scene.chosen.has(item.id);
  const colour = shotColour(colours, item.id);
  const unit = lanes.unit;
  if (right - left < PLAIN * unit) {
    const crowded = right - left < CROWDED * unit;
    context.fillStyle = chosen ? colours.selection : crowded ? colours.strong : colour;
    context.fillRect(left, top, right - left - (right - left < LINED * unit ? 0 : 1), height);
    if (item.takeId !== null) {
      context.fillStyle = colours.take;
      context.fillRect(left, lanes.takes.top + lanes.takes.height / 2, right - left, 2);
    }
    return;
  }
  // One pixel of ground between neighbours shows the cut.
  const x = Math.round(left);
  const width = Math.max(1, Math.round(right) - x - 1);
  const band = Math.min(height, 18 * unit);
  context.fillStyle = colour;
  context.fillRect(x, top, width, height);
  if (right - left >= PICTURES * unit)
    drawPictures(context, scene, placed, x, width, top + band, height - band);
  drawCoverage(context, scene, placed);
  const visibleLeft = Math.max(x, 0);
  context.fillStyle = colour;
  context.fillRect(x, top, width, band);
  context.font = `600 ${12 * unit}px ${colours.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  drawTitle(context, scene, item, {
    left: visibleLeft + 5 * unit,
    right: x + width - 5 * unit,
    middle: top + band / 2 + 0.5,
  });
  drawTakes(context, scene, placed, x, width);
  drawRender(context, scene, item.id, x, width);
  if (chosen) {
    context.strokeStyle = colours.selection;
    context.lineWidth = 2 * unit;
    context.strokeRect(x + unit, top + unit, Math.max(1, width - 2 * unit), height - 2 * unit);
  }
}

/** The shot's name, then its clip's where there is room, and its rate where it is another than the timeline's. */
function drawTitle(
  context: CanvasRenderingContext2D,
  { document, lanes, colours }: Scene,
  { name, clipId }: Shot,
  { left, right, middle }: { readonly left: number; readonly right: number; readonly middle: number },
): void {
  const own = fitText(context, name, right - left);
  context.fillStyle = colours.onPicture;
  if (own) context.fillText(own, left, middle);
  if (own !== name) return;
  const rate = otherRate(document, clipId);
  const clip = document.clips[clipId]?.name ?? '';
  const after = left + textWidth(context, name) + 8 * lanes.unit;
  context.font = `${11 * lanes.unit}px ${colours.font}`;
  // The rate matters more than the name.
  const text = [...(rate ? [fps(rate)] : []), clip].join(' · ');
  const rest = fitText(context, text, right - after);
  context.globalAlpha = 0.82;
  if (rest) context.fillText(rest, after, middle);
  context.globalAlpha = 1;
}

/** A strip of pictures from the shot's left edge on; where a take is shown, its own pictures. */
function drawPictures(
  context: CanvasRenderingContext2D,
  scene: Scene,
  placed: Placed<Shot>,
  x: number,
  width: number,
  top: number,
  height: number,
): void {
  if (height < 12) return;
  const { item } = placed;
  const take = item.takeId === null ? undefined : scene.document.takes[item.takeId];
  const clip = scene.document.clips[item.clipId];
  const ofTake = take ? scene.thumbnails(take.path) : null;
  const ofClip = clip ? scene.thumbnails(clip.path) : null;
  const shown = ofTake ?? ofClip;
  if (!shown) return;
  const tile = (height * shown.layout.width) / shown.layout.height;
  const first = Math.max(0, Math.floor(-x / tile));
  const end = Math.min(width, scene.width - x);
  for (let at = first; at * tile < end; at++) {
    // The middle of the last tile may lie behind the shot's end.
    const clipFrame = clipFrameOf(placed, placed.from + Math.floor(((at + 0.5) * tile) / scene.view.scale));
    const covered = take !== undefined && clipFrame >= take.start && clipFrame < take.end;
    const isComing = covered && !ofTake;
    const source = covered ? (ofTake ?? ofClip) : ofClip;
    const frame = covered && ofTake ? clipFrame - take.start : clipFrame;
    // Until the take has pictures the clip's stand there, faintly.
    if (isComing) context.globalAlpha = 0.35;
    if (source) drawTile(context, source, frame, x + at * tile, top, tile, height, x + width);
    context.globalAlpha = 1;
  }
}

function drawTile(
  context: CanvasRenderingContext2D,
  { image, layout }: Thumbnails,
  frame: number,
  x: number,
  y: number,
  width: number,
  height: number,
  limit: number,
): void {
  const index = Math.max(0, Math.min(layout.count - 1, Math.round(frame / layout.every)));
  const part = Math.min(1, (limit - x) / width);
  if (part <= 0) return;
  const sourceX = (index % layout.columns) * layout.width;
  const sourceY = Math.floor(index / layout.columns) * layout.height;
  context.drawImage(image, sourceX, sourceY, layout.width * part, layout.height, x, y, width * part, height);
}

/** How far the render of a shot is, at the foot of its pictures; a thin line while it waits. */
function drawRender(
  context: CanvasRenderingContext2D,
  { renders, lanes, colours }: Scene,
  id: string,
  x: number,
  width: number,
): void {
  const fraction = renders.get(id);
  if (fraction === undefined) return;
  const height = (fraction === null ? 2 : 5) * lanes.unit;
  const top = lanes.shots.top + lanes.shots.height - height;
  context.fillStyle = colours.ground;
  context.fillRect(x, top - 1, width, height + 1);
  context.fillStyle = colours.render;
  context.globalAlpha = fraction === null ? 0.5 : 1;
  context.fillRect(x, top, width * (fraction ?? 1), height);
  context.globalAlpha = 1;
}

/** The take on show by name, the others as squares; the clip itself when none is on show. */
function drawTakes(
  context: CanvasRenderingContext2D,
  scene: Scene,
  { item }: Placed<Shot>,
  x: number,
  width: number,
): void {
  const { lanes, colours, document } = scene;
  const { top, height } = lanes.takes;
  const unit = lanes.unit;
  const takes = takesOfShot(document, item.id);
  if (takes.length === 0 || width < 10 * unit) return;
  const start = Math.max(x, 0) + 4 * unit;
  const middle = top + height / 2;
  const pip = TAKE_PIP * unit;
  takes.forEach((take, at) => {
    const left = start + at * TAKE_STEP * unit;
    if (left + pip > x + width - 2) return;
    context.fillStyle = take.id === item.takeId ? colours.take : colours.strong;
    context.fillRect(left, middle - pip / 2, pip, pip);
    // Half a square covers a part.
    if (isPartial(take, item)) {
      context.fillStyle = colours.ground;
      context.fillRect(left + pip / 2, middle - pip / 2 + 1, pip / 2 - 1, pip - 2);
    }
  });
  const shown = takes.find((take) => take.id === item.takeId);
  const after = start + takes.length * TAKE_STEP * unit + 3 * unit;
  context.font = `${11.5 * unit}px ${colours.font}`;
  const text = fitText(context, shown?.name ?? 'Clip', x + width - after - 4 * unit);
  context.fillStyle = shown ? colours.text : colours.quiet;
  context.textBaseline = 'middle';
  if (text) context.fillText(text, after, middle + 0.5);
}
