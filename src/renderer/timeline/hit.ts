/** What lies under the pointer. */
import type { Shot } from '../../common/project/document.ts';
import { keyFramesOf } from '../../common/project/edits-mask.ts';
import { indexAt, isShot, type Placed, timelineFrameOf } from '../../common/project/positions.ts';
import { takesOfShot } from '../store/current.ts';
import { MARKER_RADIUS } from './draw-markers.ts';
import { ANCHOR_RADIUS } from './draw-marks.ts';
import { KEY_RADIUS, maskStrip } from './draw-mask.ts';
import { TAKE_STEP } from './draw-shot.ts';
import { inLane } from './lanes.ts';
import { frameAt, type Hit, middleOf, type Scene, xOf } from './scene.ts';

/** Pixels on each side of a cut that grab it. */
const EDGE = 6;

type Seen = Pick<Scene, 'placed' | 'view' | 'lanes' | 'document' | 'masked'>;

export function hitTest(scene: Seen, x: number, y: number): Hit {
  const { lanes, placed, view } = scene;
  if (inLane(lanes.ruler, y)) return { kind: 'ruler' };
  if (inLane(lanes.markers, y)) return markerAt(scene, x) ?? { kind: 'ruler' };
  if (inLane(lanes.overview, y)) return { kind: 'overview' };
  if (inLane(lanes.anchors, y)) return anchorAt(scene, x) ?? { kind: 'ruler' };
  const key = maskKeyAt(scene, x, y);
  if (key) return key;
  const index = indexAt(placed, frameAt(view, x));
  const under = placed[index];
  const edge = inLane(lanes.shots, y) ? edgeAt(scene, index, x) : null;
  if (edge) return edge;
  if (!under || x < xOf(view, under.from)) return { kind: 'empty' };
  if (inLane(lanes.takes, y) && isShot(under)) {
    return takeAt(scene, under, x) ?? { kind: 'item', itemId: under.item.id };
  }
  return { kind: 'item', itemId: under.item.id };
}

/** The nearest marker within reach. */
function markerAt({ document, view, lanes }: Seen, x: number): Hit | null {
  let best: Hit | null = null;
  let bestDistance = (MARKER_RADIUS + 3) * lanes.unit;
  for (const { id, frame } of document.markers) {
    const distance = Math.abs(middleOf(view, frame) - x);
    if (distance > bestDistance) continue;
    bestDistance = distance;
    best = { kind: 'marker', id };
  }
  return best;
}

/** The nearest anchor within reach; pins of neighbours may overlap. */
function anchorAt({ placed, view, lanes }: Seen, x: number): Hit | null {
  const reach = (ANCHOR_RADIUS + 3) * lanes.unit;
  const first = indexAt(placed, frameAt(view, x - reach));
  let best: Hit | null = null;
  let bestDistance = reach;
  for (let at = first; at < placed.length && xOf(view, placed[at]!.from) <= x + reach; at++) {
    const one = placed[at]!;
    if (!isShot(one)) continue;
    for (const frame of one.item.anchors) {
      const distance = Math.abs(middleOf(view, timelineFrameOf(one, frame)) - x);
      if (distance > bestDistance) continue;
      bestDistance = distance;
      best = { kind: 'anchor', shotId: one.item.id, frame };
    }
  }
  return best;
}

/** The nearest key frame of the mask that is shown, within reach. */
function maskKeyAt(scene: Seen, x: number, y: number): Hit | null {
  const { masked, view, lanes } = scene;
  const strip = maskStrip(scene);
  if (!masked || !strip || !inLane(strip, y)) return null;
  const distance = (frame: number) => Math.abs(middleOf(view, timelineFrameOf(masked, frame)) - x);
  const reach = (KEY_RADIUS + 3) * lanes.unit;
  const [nearest] = keyFramesOf(masked.item.settings.guide.mask)
    .filter((frame) => frame >= masked.item.start && frame < masked.item.end && distance(frame) <= reach)
    .sort((a, b) => distance(a) - distance(b));
  return nearest === undefined ? null : { kind: 'mask-key', shotId: masked.item.id, frame: nearest };
}

/** Left of a cut the end of the item before it, right of it the start of the one after; gaps have an end only. */
function edgeAt({ placed, view, lanes }: Seen, index: number, x: number): Hit | null {
  const under = placed[index];
  // A small item keeps its middle half for picking it up.
  const reach = (one: Placed) => Math.min(EDGE * lanes.unit, ((one.to - one.from) * view.scale) / 4);
  if (!under) {
    const last = placed.at(-1);
    return last && x - xOf(view, last.to) <= EDGE * lanes.unit
      ? { kind: 'edge', itemId: last.item.id, edge: 'end' }
      : null;
  }
  if (x - xOf(view, under.from) < reach(under)) {
    if (isShot(under)) return { kind: 'edge', itemId: under.item.id, edge: 'start' };
    const before = placed[index - 1];
    return before ? { kind: 'edge', itemId: before.item.id, edge: 'end' } : null;
  }
  return xOf(view, under.to) - x < reach(under) ? { kind: 'edge', itemId: under.item.id, edge: 'end' } : null;
}

function takeAt({ document, view, lanes }: Seen, placed: Placed<Shot>, x: number): Hit | null {
  const start = Math.max(Math.round(xOf(view, placed.from)), 0) + 4 * lanes.unit;
  const at = Math.floor((x - start + 2 * lanes.unit) / (TAKE_STEP * lanes.unit));
  const take = takesOfShot(document, placed.item.id)[at];
  return take ? { kind: 'take', shotId: placed.item.id, takeId: take.id } : null;
}
