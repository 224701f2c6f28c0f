/** Where the take on show ends short of its shot: hatched, for the clip is seen there. */
import { isPartial, uncoveredSpans } from '../../common/project/coverage.ts';
import type { Shot } from '../../common/project/document.ts';
import { type Placed, timelineEdgeOf } from '../../common/project/positions.ts';
import { type Scene, xOf } from './scene.ts';

/** Design pixels between two lines. */
const STEP = 8;

export function drawCoverage(context: CanvasRenderingContext2D, scene: Scene, placed: Placed<Shot>): void {
  const { item } = placed;
  const take = item.takeId === null ? undefined : scene.document.takes[item.takeId];
  if (!take || !isPartial(take, item)) return;
  const { view, lanes, colours, width } = scene;
  const { top, height } = lanes.shots;
  for (const { start, end } of uncoveredSpans(take, item)) {
    const left = Math.max(0, xOf(view, timelineEdgeOf(placed, start)));
    const right = Math.min(width, xOf(view, timelineEdgeOf(placed, end)) - (end === item.end ? 1 : 0));
    if (right <= left) continue;
    hatch(context, { left, top, width: right - left, height }, STEP * lanes.unit, colours.ground);
    // The edge of the take, where the picture changes.
    context.fillStyle = colours.take;
    const edge = start === item.start ? right : left;
    if (end - start < item.end - item.start) context.fillRect(Math.round(edge) - 1, top, 2, height);
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Lines keep their place on the screen's grid, so that a stretch which is scrolled does not crawl against its neighbour. */
function hatch(context: CanvasRenderingContext2D, box: Box, step: number, colour: string): void {
  const { left, top, width, height } = box;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.globalAlpha = 0.35;
  context.fillStyle = colour;
  context.fillRect(left, top, width, height);
  context.globalAlpha = 0.9;
  context.strokeStyle = colour;
  context.lineWidth = step / 4;
  context.beginPath();
  for (let x = Math.floor((left - height) / step) * step; x < left + width; x += step) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}
