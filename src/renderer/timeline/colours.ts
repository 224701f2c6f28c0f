/** Colours of the theme for the canvas, and one colour per shot. */
import type { Marker } from '../../common/project/document.ts';

const SHOTS = 8;

export interface Colours {
  readonly ground: string;
  readonly panel: string;
  readonly raised: string;
  readonly line: string;
  readonly strong: string;
  readonly text: string;
  readonly quiet: string;
  readonly render: string;
  readonly selection: string;
  readonly range: string;
  readonly anchor: string;
  readonly take: string;
  readonly warning: string;
  readonly sound: string;
  readonly onPicture: string;
  readonly outside: string;
  readonly badge: string;
  /** By the name that an editor chooses. */
  readonly markers: Readonly<Record<Marker['colour'], string>>;
  /** One of them for each shot. */
  readonly shots: readonly string[];
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
    render: token('--render'),
    selection: token('--selection'),
    range: token('--range'),
    anchor: token('--anchor'),
    take: token('--take'),
    warning: token('--warning'),
    sound: token('--sound'),
    onPicture: token('--on-picture'),
    outside: token('--outside'),
    badge: token('--badge'),
    markers: {
      red: token('--marker-red'),
      orange: token('--marker-orange'),
      yellow: token('--marker-yellow'),
      green: token('--marker-green'),
      blue: token('--marker-blue'),
      purple: token('--marker-purple'),
    },
    shots: Array.from({ length: SHOTS }, (_, at) => token(`--shot-${at + 1}`)),
    font: style.fontFamily,
    mono: token('--mono'),
  };
}

const byId = new Map<string, number>();

/** The same shot has the same colour wherever it moves. */
export function shotColour({ shots }: Pick<Colours, 'shots'>, id: string): string {
  let place = byId.get(id);
  if (place === undefined) {
    let hash = 2166136261;
    for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
    hash ^= hash >>> 15;
    place = hash >>> 0;
    byId.set(id, place);
  }
  return shots[place % shots.length]!;
}
