/** A mask as pixels: how much of the edit each is given, 0..1. Pure: the engine renders with it, the window shows it. */
import { moveEdge } from './distance.ts';
import { coverageOfShape, paintOver } from './fill.ts';
import { type Grid, scaleOf } from './grid.ts';
import { isShape, type Mask, type Part } from './mask.ts';

/** (h, w) of a part that the mask alone does not tell; undefined where it is not known. */
export type Known = (part: Part) => Float32Array | undefined;

/**
 * (h, w), 0..1, of the grid. Parts are applied in their order: one that adds takes the greater coverage, one that subtracts leaves
 * what it does not cover; a mask that begins by subtracting begins with everything. Then it grows, is feathered, and inverted.
 * @param known of mattes, carried brushes and networks; without it a brush is its strokes on this frame, the others nothing
 */
export function rasterise(
  mask: Mask,
  frame: number,
  grid: Grid,
  known: Known = () => undefined,
): Float32Array {
  const { grow, feather, invert, parts } = mask;
  const covered = new Float32Array(grid.width * grid.height).fill(parts[0]?.mode === 'subtract' ? 1 : 0);
  for (const part of parts) {
    const of = known(part) ?? coverageOf(part, frame, grid);
    if (!of) continue;
    for (let i = 0; i < covered.length; i++) {
      covered[i] = part.mode === 'add' ? Math.max(covered[i]!, of[i]!) : Math.min(covered[i]!, 1 - of[i]!);
    }
  }
  const scale = scaleOf(grid);
  const edge = { grow: grow * scale, feather: feather * scale, lines: parts.some(hasGreys) ? GREYS : 1 };
  const moved = moveEdge(covered, grid, edge);
  return invert ? moved.map((value) => 1 - value) : moved;
}

const GREYS = 16;

/** Whether what is between in and out is meant, like hair. */
export function hasGreys({ kind }: Part): boolean {
  return kind === 'matte' || kind === 'segmenter';
}

function coverageOf(part: Part, frame: number, grid: Grid): Float32Array | null {
  if (isShape(part)) return coverageOfShape(part, frame, grid);
  if (part.kind !== 'brush') return null;
  const strokes = part.strokes.filter((stroke) => stroke.frame === frame);
  return paintOver(new Float32Array(grid.width * grid.height), strokes, grid);
}
