/** The project as panels of plugins see it: names and numbers, never a path. */

import type { UiRead, UiValue } from '../../common/plugins/ui-v1.ts';
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { clipFrameOf, isShot, itemAt, timelineRate } from '../../common/project/positions.ts';
import { PLAIN_SETTINGS } from '../actions/panel-requests.ts';
import { shownFrame, takeFrame } from '../actions/shown-frame.ts';
import { call } from '../engine.ts';
import { getCurrentShot, getPlaced, lengthOfPlaced, takesOfShot } from '../store/current.ts';
import { getDocument, projectStore } from '../store/project.ts';
import { getView, viewStore } from '../store/view.ts';

export function readFor(what: UiRead, edge: number, signal: AbortSignal): unknown {
  return what === 'frame' ? readFrame(edge, signal) : READ[what]();
}

const READ: { readonly [What in Exclude<UiRead, 'frame'>]: () => UiValue<What> } = {
  project() {
    const placed = getPlaced();
    const document = getDocument();
    const shots = placed.filter(isShot).length;
    return { name: document.name, rate: timelineRate(document), shots, length: lengthOfPlaced(placed) };
  },
  timeline() {
    const { playhead, inFrame, outFrame, selection } = getView();
    const placed = getPlaced();
    const document = getDocument();
    const chosen = new Set(selection);
    return {
      ...{
        rate: timelineRate(document),
        length: lengthOfPlaced(placed),
        playhead,
        in: inFrame,
        out: outFrame,
      },
      items: placed.map(({ item, from, to }) => ({
        ...{ kind: item.kind, id: item.id, from, to, chosen: chosen.has(item.id) },
        name: item.kind === 'shot' ? item.name : '',
      })),
      markers: document.markers.map(({ id, frame, name, note, colour }) => ({
        id,
        frame,
        name,
        note,
        colour,
      })),
    };
  },
  shot() {
    const current = getCurrentShot();
    if (!current) return null;
    const { item, from, to } = current;
    const { id, name, start, end, anchors, leadAnchor, takeId } = item;
    return {
      ...{ id, name, start, end, from, to, anchors, leadAnchor, take: takeId },
      clip: getDocument().clips[item.clipId]?.name ?? '',
      settings: plain(item.settings),
    };
  },
  takes() {
    const current = getCurrentShot();
    if (!current) return [];
    return takesOfShot(getDocument(), current.item.id).map((take) => {
      const { id, name, rating, note, start, end, createdAt, seconds } = take;
      const shown = id === current.item.takeId;
      return {
        id,
        name,
        rating,
        note,
        start,
        end,
        createdAt,
        seconds,
        shown,
        settings: plain(take.settings),
      };
    });
  },
};

type Plain = NonNullable<UiValue<'shot'>>['settings'];

function plain(settings: Shot['settings']): Plain {
  const values: Plain = {};
  for (const { path, group, key } of PLAIN_SETTINGS) {
    const value = (settings as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[group]?.[key];
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value))
      values[path] = value as Plain[string];
  }
  return values;
}

/** Null where no shot is under the playhead. */
function underPlayhead() {
  const { playhead } = getView();
  const placed = itemAt(getPlaced(), playhead);
  if (!isShot(placed)) return null;
  const { item } = placed;
  const frame = clipFrameOf(placed, playhead);
  const document = getDocument();
  if (!document.clips[item.clipId]) return null;
  const { path, at } = shownFrame(document, item, frame);
  const of: 'clip' | 'take' = takeFrame(document, item, frame) ? 'take' : 'clip';
  return { shot: item.id, frame, path, at, of };
}

async function readFrame(edge: number, signal: AbortSignal): Promise<UiValue<'frame'>> {
  const seen = underPlayhead();
  if (!seen) return null;
  const { path, at, shot, frame, of } = seen;
  const picture = await call('clip.frame', { path, frame: at }, signal);
  const source = new ImageData(new Uint8ClampedArray(picture.pixels), picture.width, picture.height);
  return { shot, frame, of, ...(await smaller(source, edge)) };
}

/** With its longer edge no longer than `edge`; smaller pictures stay as they are. */
async function smaller(source: ImageData, edge: number) {
  const scale = Math.min(1, edge / Math.max(source.width, source.height));
  const width = Math.max(1, Math.round(source.width * scale));
  const height = Math.max(1, Math.round(source.height * scale));
  const { data: pixels } = scale < 1 ? await resized(source, width, height) : source;
  return { width, height, pixels };
}

async function resized(source: ImageData, width: number, height: number): Promise<ImageData> {
  const options = { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' } as const;
  const picture = await createImageBitmap(source, options);
  const context =
    new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true }) ??
    refuse('showing a frame', 'there is no canvas to draw it on');
  context.drawImage(picture, 0, 0);
  picture.close();
  return context.getImageData(0, 0, width, height);
}

/** What each read is made of: while these stay, so does its answer. A frame waits until playing ends. */
export function marksOf(what: UiRead): readonly unknown[] {
  const { timeline, clips, markers, takes, name } = getDocument();
  const { playhead, inFrame, outFrame, selection, shuttle } = getView();
  const current = getCurrentShot();
  switch (what) {
    case 'project':
      return [name, timeline, clips];
    case 'timeline':
      return [timeline, clips, markers, playhead, inFrame, outFrame, selection];
    case 'shot':
      return [current?.item, current?.from, current?.to];
    case 'takes':
      return [takes, current?.item.id, current?.item.takeId];
    case 'frame': {
      if (shuttle !== 0) return ['plays'];
      const seen = underPlayhead();
      return [seen?.path, seen?.at, seen?.shot];
    }
  }
}

export function onAnyChange(listener: () => void): () => void {
  const stops = [projectStore.subscribe(listener), viewStore.subscribe(listener)];
  return () => {
    for (const stop of stops) stop();
  };
}
