/** Shapes between their key frames: linear between two, held before the first and after the last. */
import type { BoxKey, Point, PolygonKey } from './mask.ts';

type Box = Omit<BoxKey, 'frame'>;

/** Where a rectangle or ellipse is at a frame. Angles turn as they are given: 0 to 360 is a whole turn. */
export function boxAt(keys: readonly BoxKey[], frame: number): Box {
  const { before, after, share } = around(keys, frame);
  const at = (of: (key: BoxKey) => number) => mix(of(before), of(after), share);
  return {
    x: at(({ x }) => x),
    y: at(({ y }) => y),
    width: at(({ width }) => width),
    height: at(({ height }) => height),
    angle: at(({ angle }) => angle),
  };
}

/**
 * Corners of a polygon at a frame: corner by corner where two keys have as many. Else both are walked from their first corner
 * and have a point wherever one of them has a corner, at the same share of the way around: exact at either key.
 */
export function polygonAt(keys: readonly PolygonKey[], frame: number): readonly Point[] {
  const { before, after, share } = around(keys, frame);
  if (share === 0) return before.points;
  if (before.points.length === after.points.length) return mixAll(before.points, after.points, share);
  const [from, to] = [waysOf(before.points), waysOf(after.points)];
  const ways = [...new Set([...from, ...to])].sort((a, b) => a - b);
  return mixAll(walk(before.points, from, ways), walk(after.points, to, ways), share);
}

function around<K extends { readonly frame: number }>(
  keys: readonly K[],
  frame: number,
): { readonly before: K; readonly after: K; readonly share: number } {
  const next = keys.findIndex((key) => key.frame > frame);
  const after = keys[next === -1 ? keys.length - 1 : next]!;
  const before = next <= 0 ? after : keys[next - 1]!;
  const length = after.frame - before.frame;
  return { before, after, share: length === 0 || next === -1 ? 0 : (frame - before.frame) / length };
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function mixAll(from: readonly Point[], to: readonly Point[], share: number): Point[] {
  return from.map(([x, y], i) => [mix(x, to[i]![0], share), mix(y, to[i]![1], share)]);
}

/** Each corner's share of the way around, from 0; all alike where the polygon has no length. */
function waysOf(points: readonly Point[]): number[] {
  const lengths = points.map(([x, y], i) => {
    const [nextX, nextY] = points[(i + 1) % points.length]!;
    return Math.hypot(nextX - x, nextY - y);
  });
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let way = 0;
  return lengths.map((length, i) => {
    const at = total === 0 ? i / points.length : way / total;
    way += length;
    return at;
  });
}

/** Points at ascending shares of the way around. */
function walk(points: readonly Point[], corners: readonly number[], ways: readonly number[]): Point[] {
  let i = 0;
  return ways.map((way) => {
    while (i + 1 < corners.length && corners[i + 1]! <= way) i++;
    const [start, end] = [corners[i]!, corners[i + 1] ?? 1];
    const share = end > start ? (way - start) / (end - start) : 0;
    const [[x, y], [nextX, nextY]] = [points[i]!, points[(i + 1) % points.length]!];
    return [mix(x, nextX, share), mix(y, nextY, share)];
  });
}
