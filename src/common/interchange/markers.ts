/** Markers of a cut, and their colours as formats say them. */
import { MARKER_COLOURS } from '../project/document.ts';
import { type Cut, type CutMarker, type MarkerColour, placedItems } from './cut.ts';

/** Of the timeline and of its clips, at frames of the timeline, in their order. */
export function markersOf(cut: Pick<Cut, 'items' | 'markers'>): CutMarker[] {
  const markers = [...cut.markers];
  for (const { item, at } of placedItems(cut))
    if (item.kind === 'clip') markers.push(...item.markers.map((one) => ({ ...one, at: at + one.at })));
  return markers.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : Number(a.name > b.name)));
}

/** Colours as they look, where a format wants numbers. */
export const MARKER_HEX: Readonly<Record<MarkerColour, string>> = {
  red: '#da4453',
  orange: '#f39c1f',
  yellow: '#f1d13b',
  green: '#27ae60',
  blue: '#3daee9',
  purple: '#9b59b6',
};

/** Names that formats have besides. */
const ALIKE: Readonly<Record<string, MarkerColour>> = {
  pink: 'red',
  rose: 'red',
  magenta: 'purple',
  fuchsia: 'purple',
  lavender: 'purple',
  cyan: 'blue',
  sky: 'blue',
  mint: 'green',
  lemon: 'yellow',
  sand: 'orange',
};

export function colourNamed(name: string): MarkerColour | null {
  const plain = name.toLowerCase();
  return MARKER_COLOURS.find((one) => one === plain) ?? ALIKE[plain] ?? null;
}

/** The nearest to "#rrggbb", also with alpha before it; null for what is grey, and for no colour. */
export function colourOfHex(hex: string): MarkerColour | null {
  const found = /^#(?:[\da-f]{2})?([\da-f]{6})$/i.exec(hex.trim())?.[1];
  if (found === undefined) return null;
  const [red, green, blue] = channels(found);
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 24) return null;
  const distance = (one: MarkerColour) => {
    const [r, g, b] = channels(MARKER_HEX[one].slice(1));
    return (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
  };
  return MARKER_COLOURS.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

function channels(hex: string): [number, number, number] {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
