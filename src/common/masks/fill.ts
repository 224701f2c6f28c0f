/** How much of each pixel a shape covers, 0..1. */
import { type Grid, type Size, scaleOf, scalesOf } from './grid.ts';
import { boxAt, polygonAt } from './keys.ts';
import type { BoxKey, Point, Shape, Stroke } from './mask.ts';

/** Lines on which a row of pixels is looked at; along a line coverage is exact. */
const LINES = 16;

/** (h, w) of a shape at a frame. */
export function coverageOfShape(shape: Shape, frame: number, grid: Grid): Float32Array {
  return fillPolygon(toCells(outlineOf(shape, frame, grid), grid), grid);
}

function outlineOf(shape: Shape, frame: number, grid: Grid): readonly Point[] {
  if (shape.kind === 'polygon') return polygonAt(shape.keys, frame);
  const box = boxAt(shape.keys, frame);
  const { x, y, width, height } = box;
  const corners: Point[] =
    shape.kind === 'rectangle'
      ? [
          [x, y],
          [x + width, y],
          [x + width, y + height],
          [x, y + height],
        ]
      : roundOf(box, scaleOf(grid));
  return turned(corners, box);
}

/** As many corners as keep within a fiftieth of a cell of the ellipse, and of its area. */
function roundOf({ x, y, width, height }: Omit<BoxKey, 'frame' | 'angle'>, scale: number): Point[] {
  const [a, b] = [width / 2, height / 2];
  const cells = Math.max(a, b) * scale;
  const count = Math.min(720, Math.max(24, 4 * Math.ceil(Math.PI * Math.sqrt(cells) * 0.9)));
  // Corners lie outside by so much that the area is the ellipse's.
  const step = (2 * Math.PI) / count;
  const out = Math.sqrt(step / Math.sin(step));
  return Array.from({ length: count }, (_, i) => [
    x + a + a * out * Math.cos(i * step),
    y + b + b * out * Math.sin(i * step),
  ]);
}

function turned(points: readonly Point[], { x, y, width, height, angle }: Omit<BoxKey, 'frame'>): Point[] {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const [middleX, middleY] = [x + width / 2, y + height / 2];
  return points.map(([px, py]) => {
    const [dx, dy] = [px - middleX, py - middleY];
    return [middleX + dx * cos - dy * sin, middleY + dx * sin + dy * cos];
  });
}

function toCells(points: readonly Point[], grid: Grid): Point[] {
  const [across, down] = scalesOf(grid);
  return points.map(([x, y]) => [x * across, y * down]);
}

/** Whatever the outline goes around is inside, however often (non-zero winding). @param points in cells */
export function fillPolygon(points: readonly Point[], { width, height }: Size): Float32Array {
  const out = new Float32Array(width * height);
  const crossings = new Map<number, { x: number; turn: number }[]>();
  points.forEach(([x0, y0], i) => {
    const [x1, y1] = points[(i + 1) % points.length]!;
    const [low, high] = [Math.min(y0, y1), Math.max(y0, y1)];
    // Lines lie at (n + 0.5) / LINES; an end belongs to the edge below it.
    const first = Math.max(0, Math.ceil(low * LINES - 0.5));
    const last = Math.min(height * LINES - 1, Math.ceil(high * LINES - 0.5) - 1);
    for (let line = first; line <= last; line++) {
      const share = ((line + 0.5) / LINES - y0) / (y1 - y0);
      const crossing = { x: x0 + (x1 - x0) * share, turn: y1 > y0 ? 1 : -1 };
      const known = crossings.get(line);
      if (known) known.push(crossing);
      else crossings.set(line, [crossing]);
    }
  });
  for (const [line, found] of crossings) {
    const row = Math.floor(line / LINES) * width;
    found.sort((a, b) => a.x - b.x);
    let winding = 0;
    let start = 0;
    for (const { x, turn } of found) {
      if (winding === 0) start = x;
      winding += turn;
      if (winding === 0) addSpan(out, row, width, start, x);
    }
  }
  for (let i = 0; i < out.length; i++) out[i] = Math.min(1, out[i]! / LINES);
  return out;
}

function addSpan(out: Float32Array, row: number, width: number, from: number, to: number): void {
  const [start, end] = [Math.max(0, from), Math.min(width, to)];
  if (end <= start) return;
  const [first, last] = [Math.floor(start), Math.min(width - 1, Math.floor(end))];
  for (let x = first; x <= last; x++) {
    const at = row + x;
    out[at] = out[at]! + Math.max(0, Math.min(end, x + 1) - Math.max(start, x));
  }
}

/** Paints and erases, in their order, over what is there; `base` stays as it is. */
export function paintOver(base: Float32Array, strokes: readonly Stroke[], grid: Grid): Float32Array {
  const out = base.slice();
  for (const stroke of strokes) {
    const covered = coverageOfStroke(stroke, grid);
    for (let i = 0; i < out.length; i++) {
      if (covered[i] === 0) continue;
      out[i] = stroke.mode === 'paint' ? Math.max(out[i]!, covered[i]!) : Math.min(out[i]!, 1 - covered[i]!);
    }
  }
  return out;
}

/** All that is nearer to the way of the brush than its radius. */
function coverageOfStroke({ points, radius }: Stroke, grid: Grid): Float32Array {
  const { width, height } = grid;
  const out = new Float32Array(width * height);
  const cells = toCells(points, grid);
  const reach = radius * scaleOf(grid);
  for (let i = 0; i < Math.max(1, cells.length - 1); i++) {
    const [x0, y0] = cells[i]!;
    const [x1, y1] = cells[i + 1] ?? cells[i]!;
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length2 = dx * dx + dy * dy;
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach - 1));
    const bottom = Math.min(height - 1, Math.ceil(Math.max(y0, y1) + reach + 1));
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach - 1));
    const right = Math.min(width - 1, Math.ceil(Math.max(x0, x1) + reach + 1));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
        const share = length2 === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length2));
        const covered = 0.5 + reach - Math.hypot(px - share * dx, py - share * dy);
        const at = y * width + x;
        if (covered > out[at]!) out[at] = Math.min(1, covered);
      }
    }
  }
  return out;
}
