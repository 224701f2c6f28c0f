/** Colours of the theme for the canvas, and one colour per shot. */
import type { Marker } from '../../common/project/document.ts';

export interface Colours {
  readonly ground: string;
  readonly panel: string;
  readonly raised: string;
  readonly line: string;
  readonly strong: string;
  readonly text: string;
  readonly quiet: string;
  readonly accent: string;
  readonly selection: string;
  readonly good: string;
  readonly font: string;
  readonly mono: string;
}

export function readColours(element: Element): Colours {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    ground: token('--ground'),
    panel: token('--panel'),
    raised: token('--raised'),
    line: token('--line'),
    strong: token('--line-strong'),
    text: token('--text'),
    quiet: token('--quiet'),
    accent: token('--accent'),
    selection: token('--selection'),
    good: token('--good'),
    font: style.fontFamily,
    mono: token('--mono'),
  };
}

/** Told apart from each other, and from what is rendered, chosen or warned of. */
export const MARKER_COLOURS: Readonly<Record<Marker['colour'], string>> = {
  red: '#e0455e',
  orange: '#b8652f',
  yellow: '#e3d665',
  green: '#4fae6d',
  blue: '#3f7fe8',
  purple: '#a873e8',
};

/** Calm, dark enough for white names at 4.5:1, told apart by hue. */
const SHOT_COLOURS = ['#3d5a80', '#4a6b52', '#6b4f7d', '#7a5540', '#3f6b73', '#7d4a5c', '#5c5f8a', '#66653a'];

const byId = new Map<string, string>();

/** The same shot has the same colour wherever it moves. */
export function shotColour(id: string): string {
  let colour = byId.get(id);
  if (colour === undefined) {
    let hash = 2166136261;
    for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
    hash ^= hash >>> 15;
    colour = SHOT_COLOURS[(hash >>> 0) % SHOT_COLOURS.length]!;
    byId.set(id, colour);
  }
  return colour;
}
