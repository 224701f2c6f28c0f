/** Markers below the ruler: a flag in the marker's colour, its name where there is room. */
import { middleOf, type Scene } from './scene.ts';
import { fitText } from './text.ts';

/** Half the width of a flag, in design pixels. */
export const MARKER_RADIUS = 5;

/** Flags nearer than this are not drawn over each other. */
const CROWDED = 4;

export function drawMarkers(context: CanvasRenderingContext2D, scene: Scene): void {
  const { lanes, colours, view, width, document, hover } = scene;
  const { markers } = document;
  if (markers.length === 0) return;
  const { top, height } = lanes.markers;
  const { unit } = lanes;
  context.fillStyle = colours.panel;
  context.fillRect(0, top, width, height);
  const radius = MARKER_RADIUS * unit;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  let last = Number.NEGATIVE_INFINITY;
  markers.forEach(({ id, frame, name, colour }, index) => {
    const x = Math.round(middleOf(view, frame)) + 0.5;
    if (x < -200 * unit || x > width + radius) return;
    const next = markers[index + 1];
    const inHand = view.marker === id;
    const strong = inHand || (hover?.kind === 'marker' && hover.id === id);
    // In a crowd some stand for all.
    if (!strong && x - last < CROWDED * unit) return;
    last = x;
    context.fillStyle = colours.markers[colour];
    if (strong)
      context.fillRect(x - 0.5, top + height, 1, lanes.shots.top + lanes.shots.height - top - height);
    drawFlag(context, x, top + 2 * unit, radius, height - 3 * unit);
    context.fill();
    context.lineWidth = strong ? 2 * unit : 1;
    context.strokeStyle = strong ? colours.text : colours.ground;
    context.stroke();
    if (name === '') return;
    const room = (next ? middleOf(view, next.frame) - radius : width) - x - radius - 8 * unit;
    context.font = `${11 * unit}px ${colours.font}`;
    const text = fitText(context, name, Math.min(room, 180 * unit));
    context.fillStyle = inHand ? colours.text : colours.quiet;
    if (text) context.fillText(text, x + radius + 4 * unit, top + height / 2 + 0.5);
  });
}

/** Points down at its frame. */
function drawFlag(
  context: CanvasRenderingContext2D,
  x: number,
  top: number,
  radius: number,
  height: number,
): void {
  context.beginPath();
  context.moveTo(x - radius, top);
  context.lineTo(x + radius, top);
  context.lineTo(x + radius, top + height - radius);
  context.lineTo(x, top + height);
  context.lineTo(x - radius, top + height - radius);
  context.closePath();
}
