/** Draws the whole timeline; only what is in sight costs anything. */
import { indexAt, isShot } from '../../common/project/positions.ts';
import { drawMarkers } from './draw-markers.ts';
import { drawAnchors, drawDrag, drawOverview, drawPlayhead, drawRange } from './draw-marks.ts';
import { drawMask } from './draw-mask.ts';
import { drawShot } from './draw-shot.ts';
import { drawSound } from './draw-sound.ts';
import { drawRuler } from './ruler.ts';
import { type Scene, xOf } from './scene.ts';
import { fitText } from './text.ts';

export function draw(context: CanvasRenderingContext2D, scene: Scene): void {
  const { view, width, height, colours, placed, lanes } = scene;
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, width, height);
  if (placed.length === 0) return;
  drawRuler(context, scene);
  const first = indexAt(placed, Math.floor(view.scroll));
  const edge = view.scroll + width / view.scale;
  let last = first;
  for (; last < placed.length && placed[last]!.from < edge; last++) {
    const one = placed[last]!;
    if (isShot(one)) {
      drawShot(context, scene, one);
      drawSound(context, scene, one);
    } else drawGap(context, scene, one.from, one.to, scene.chosen.has(one.item.id));
  }
  context.fillStyle = colours.line;
  context.fillRect(0, lanes.takes.top + lanes.takes.height - 1, width, 1);
  drawRange(context, scene);
  // After all shots: a pin at a cut reaches over its neighbour.
  for (let at = first; at < last; at++) {
    const one = placed[at]!;
    if (isShot(one)) drawAnchors(context, scene, one);
  }
  drawMask(context, scene);
  drawMarkers(context, scene);
  drawOverview(context, scene);
  drawPlayhead(context, scene);
  drawDrag(context, scene);
}

function drawGap(
  context: CanvasRenderingContext2D,
  scene: Scene,
  from: number,
  to: number,
  chosen: boolean,
): void {
  const { view, lanes, colours } = scene;
  const left = Math.round(xOf(view, from));
  const width = Math.max(1, Math.round(xOf(view, to)) - left - 1);
  const { top, height } = lanes.shots;
  context.strokeStyle = chosen ? colours.selection : colours.strong;
  context.lineWidth = chosen ? 2 : 1;
  context.setLineDash([4, 4]);
  context.strokeRect(left + 1, top + 1, width - 2, height - 2);
  context.setLineDash([]);
  context.font = `${12 * lanes.unit}px ${colours.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.fillStyle = colours.quiet;
  const text = fitText(context, 'Gap', width - 12 * lanes.unit);
  if (text) context.fillText(text, Math.max(left, 0) + 6 * lanes.unit, top + height / 2);
}
