/** Where the lanes of the timeline lie, in CSS pixels of its canvas. */

export interface Lane {
  readonly top: number;
  readonly height: number;
}

export interface Lanes {
  readonly ruler: Lane;
  /** Markers of the timeline; height 0 while there are none. */
  readonly markers: Lane;
  /** Pins of anchors, above the pictures. */
  readonly anchors: Lane;
  readonly shots: Lane;
  readonly takes: Lane;
  /** Height 0 when nothing on the timeline sounds. */
  readonly sound: Lane;
  /** The whole timeline with the window that is in sight. */
  readonly overview: Lane;
  /** Pixels per design pixel: 1 at a root font of 13 px. */
  readonly unit: number;
}

/** Design pixels. */
export const MARKERS_HEIGHT = 16;

/** Pictures get what the other lanes leave, at least 24 design pixels. */
export function lanesFor(height: number, unit: number, sounds: boolean, marks = false): Lanes {
  const heights = {
    ...{ ruler: 24, markers: marks ? MARKERS_HEIGHT : 0, anchors: 18, shots: 0 },
    ...{ takes: 22, sound: sounds ? 36 : 0, overview: 14 },
  };
  const fixed = Object.values(heights).reduce((sum, one) => sum + one, 0) * unit;
  const shots = Math.max(24 * unit, height - fixed);
  let top = 0;
  const lane = (size: number): Lane => {
    const placed = { top, height: size };
    top += size;
    return placed;
  };
  return {
    ruler: lane(heights.ruler * unit),
    markers: lane(heights.markers * unit),
    anchors: lane(heights.anchors * unit),
    shots: lane(shots),
    takes: lane(heights.takes * unit),
    sound: lane(heights.sound * unit),
    overview: lane(heights.overview * unit),
    unit,
  };
}

export function inLane(lane: Lane, y: number): boolean {
  return y >= lane.top && y < lane.top + lane.height;
}
