/** Depth maps of a shot as the grey that ControlNets for depth take: near is white. */

/** A map in 65536 shades between its own least and largest value: half of what it took. */
export interface Shades {
  readonly low: number;
  readonly high: number;
  readonly shades: Uint16Array;
}

const MOST = 0xffff;

/** @param map larger is nearer */
export function shadesOf(map: Float32Array): Shades {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of map) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const scale = high > low ? MOST / (high - low) : 0;
  return { low, high, shades: new Uint16Array(map.map((value) => Math.round((value - low) * scale))) };
}

/**
 * (h, w) each, the nearest place of all of them white and the farthest black, so that a shot does not flicker as it would
 * with each map by itself; flat ones become black.
 */
export function nearness(maps: readonly Shades[]): Uint8Array[] {
  const low = maps.reduce((least, map) => Math.min(least, map.low), Number.POSITIVE_INFINITY);
  const high = maps.reduce((most, map) => Math.max(most, map.high), Number.NEGATIVE_INFINITY);
  const scale = high > low ? 255 / (high - low) : 0;
  return maps.map((map) => {
    const step = ((map.high - map.low) / MOST) * scale;
    const base = (map.low - low) * scale;
    return new Uint8Array(map.shades.map((shade) => Math.round(base + shade * step)));
  });
}
