/** The canvas of the timeline: drawn at most once per display frame, and only when something changed. */
import type { QueueEntry } from '../../common/contract/queue.ts';
import { timelineRate } from '../../common/project/positions.ts';
import { timelineStart } from '../../common/project/start-timecode.ts';
import { getCurrentShot, getPlaced, lengthOfPlaced } from '../store/current.ts';
import { finishedStore, unsureOf } from '../store/finished-mask.ts';
import { jobsStore } from '../store/jobs.ts';
import { followsSeveral, getMethods, onMethods } from '../store/methods.ts';
import { getDocument, projectStore } from '../store/project.ts';
import { getView, setView, viewStore } from '../store/view.ts';
import { fitAll, reveal } from '../store/zoom.ts';
import { readColours } from './colours.ts';
import { draw } from './draw.ts';
import { listenToDrops } from './drop-clip.ts';
import { lanesFor } from './lanes.ts';
import { onMedia, peaksOf, thumbnailsOf } from './media.ts';
import { listenToPointer, type PointerState } from './pointer.ts';
import type { Scene } from './scene.ts';

/** Design size of the root font. */
const ROOT_PX = 13;

function rendersOf(entries: readonly QueueEntry[]): ReadonlyMap<string, number | null> {
  const renders = new Map<string, number | null>();
  for (const { shotId, state, fraction } of entries) {
    if (state === 'running') renders.set(shotId, fraction);
    else if (state === 'queued' && !renders.has(shotId)) renders.set(shotId, null);
  }
  return renders;
}

/** Brings a canvas to life; returns what takes its life away. */
export function runSurface(canvas: HTMLCanvasElement): () => void {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) return () => {};
  const pointer: PointerState = { hover: null, mark: null };
  let size = { width: 1, height: 1, ratio: 1 };
  let colours = readColours(document.documentElement);
  let unit = 1;
  let asked = 0;
  let chosen: { readonly ids: readonly string[]; readonly set: ReadonlySet<string> } = {
    ids: [],
    set: new Set(),
  };

  const scene = (): Scene => {
    const view = getView();
    const project = getDocument();
    const placed = getPlaced();
    const masked = getCurrentShot();
    if (chosen.ids !== view.selection) chosen = { ids: view.selection, set: new Set(view.selection) };
    const sounds = Object.values(project.clips).some((clip) => clip.hasAudio);
    return {
      document: project,
      placed,
      length: lengthOfPlaced(placed),
      rate: timelineRate(project),
      start: timelineStart(project),
      view,
      chosen: chosen.set,
      width: size.width,
      height: size.height,
      lanes: lanesFor(size.height, unit, sounds, project.markers.length > 0),
      colours,
      thumbnails: thumbnailsOf,
      peaks: peaksOf,
      renders: rendersOf(jobsStore.getState().entries),
      masked,
      unsure: unsureOf(masked?.item.settings.guide.mask ?? null, finishedStore.getState()),
      followsSeveral: (shot) => followsSeveral(shot, getMethods()),
      hover: pointer.hover,
      drag: pointer.mark,
    };
  };
  const paint = () => {
    asked = 0;
    context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    draw(context, scene());
  };
  const redraw = () => {
    if (asked === 0) asked = requestAnimationFrame(paint);
  };

  const measure = () => {
    const box = canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio;
    size = { width: Math.max(1, box.width), height: Math.max(1, box.height), ratio };
    canvas.width = Math.round(size.width * ratio);
    canvas.height = Math.round(size.height * ratio);
    unit = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / ROOT_PX;
    const frames = lengthOfPlaced(getPlaced());
    const before = getView();
    const fitted = before.timelineWidth === 0 || before.scale === fitAll(before, frames).scale;
    const view = { ...before, timelineWidth: size.width };
    // A timeline that was whole in sight stays so in a window of another size.
    setView({ timelineWidth: size.width, ...(fitted ? fitAll(view, frames) : {}) });
    // A canvas loses its picture with its size; drawing now spares a flash.
    paint();
  };
  const retint = () => {
    colours = readColours(document.documentElement);
    redraw();
  };

  const sizes = new ResizeObserver(measure);
  sizes.observe(canvas);
  const contrast = matchMedia('(prefers-contrast: more)');
  contrast.addEventListener('change', retint);
  const stops = [
    projectStore.subscribe(redraw),
    viewStore.subscribe((view, before) => {
      if (view.playhead !== before.playhead && view.scroll === before.scroll && !pointer.mark) {
        const { scroll } = reveal(view, view.playhead, lengthOfPlaced(getPlaced()));
        if (scroll !== view.scroll) setView({ scroll });
      }
      redraw();
    }),
    onMedia(redraw),
    finishedStore.subscribe(redraw),
    onMethods(redraw),
    jobsStore.subscribe((jobs, before) => {
      if (jobs.entries !== before.entries) redraw();
    }),
    listenToPointer({ canvas, scene, redraw }, pointer),
    listenToDrops(canvas.parentElement?.parentElement ?? canvas, { canvas, scene, redraw }, pointer),
  ];
  measure();
  return () => {
    cancelAnimationFrame(asked);
    sizes.disconnect();
    contrast.removeEventListener('change', retint);
    for (const stop of stops) stop();
  };
}
