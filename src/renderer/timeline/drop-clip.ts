/** A clip out of the bin is dropped between two items, where the mark shows. */
import { putOnTimeline } from '../actions/clips.ts';
import { CLIP_TYPE } from '../store/dragged-clip.ts';
import { attempt } from '../store/notices.ts';
import { getDocument } from '../store/project.ts';
import { markOf } from './drags.ts';
import type { PointerState, Surface } from './pointer.ts';
import type { Scene } from './scene.ts';

/** Index of the item before which it comes to stand: the nearer cut. */
function indexUnder({ placed, view }: Scene, x: number): number {
  const frame = view.scroll + x / view.scale;
  const at = placed.findIndex(({ from, to }) => frame < (from + to) / 2);
  return at < 0 ? placed.length : at;
}

export function listenToDrops(target: HTMLElement, surface: Surface, state: PointerState): () => void {
  const carries = (event: DragEvent) => event.dataTransfer?.types.includes(CLIP_TYPE) === true;
  const at = (event: DragEvent) => {
    const box = surface.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const show = (mark: PointerState['mark']) => {
    state.mark = mark;
    surface.redraw();
  };
  const onOver = (event: DragEvent) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.dataTransfer!.dropEffect = 'copy';
    const scene = surface.scene();
    const { x, y } = at(event);
    const index = indexUnder(scene, x);
    show(markOf({ insertAt: scene.placed[index]?.from ?? scene.length, text: 'Add here', x, y }));
  };
  const onDrop = (event: DragEvent) => {
    if (!carries(event)) return;
    event.preventDefault();
    show(null);
    const clip = getDocument().clips[event.dataTransfer!.getData(CLIP_TYPE)];
    if (clip) void attempt(putOnTimeline(clip, { index: indexUnder(surface.scene(), at(event).x) }));
  };
  const listening = new AbortController();
  const { signal } = listening;
  target.addEventListener('dragenter', onOver, { signal });
  target.addEventListener('dragover', onOver, { signal });
  target.addEventListener('dragleave', () => show(null), { signal });
  target.addEventListener('drop', onDrop, { signal });
  return () => listening.abort();
}
