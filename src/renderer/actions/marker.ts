/** Markers: add at the playhead, name, go from one to the next, remove. */
import { refuse } from '../../common/project/edits.ts';
import { addMarker, clearMarkers, removeMarker } from '../../common/project/edits-markers.ts';
import { getDocument, newId } from '../store/project.ts';
import { getView, seek, setView, takeMarker } from '../store/view.ts';
import type { Command, Intent } from './command.ts';

/** The one in hand, else the one under the playhead. */
function inHand() {
  const { marker, playhead } = getView();
  const { markers } = getDocument();
  return markers.find(({ id }) => id === marker) ?? markers.find(({ frame }) => frame === playhead) ?? null;
}

/** The colour that was given last goes on. */
function add(): Intent | null {
  const { playhead, shuttle } = getView();
  const { markers } = getDocument();
  const here = markers.find(({ frame }) => frame === playhead);
  if (here) {
    if (shuttle !== 0) setView({ shuttle: 0 });
    takeMarker(here.id, true);
    return null;
  }
  const id = newId();
  const colour = markers.find((one) => one.id === getView().marker)?.colour ?? 'blue';
  return {
    name: 'Add marker',
    edit: (draft) => addMarker(draft, { id, frame: playhead, name: '', note: '', colour }),
    after: () => takeMarker(id),
  };
}

function edit(): void {
  const marker = inHand() ?? refuse('changing a marker', 'no marker is in hand', 'Click one, or press M.');
  setView({ shuttle: 0 });
  seek(marker.frame);
  takeMarker(marker.id, true);
}

function go(direction: 1 | -1): void {
  const { playhead } = getView();
  const { markers } = getDocument();
  const next =
    direction > 0
      ? markers.find(({ frame }) => frame > playhead)
      : markers.findLast(({ frame }) => frame < playhead);
  if (!next) return;
  seek(next.frame);
  takeMarker(next.id);
}

export function remove(): Intent {
  const doing = 'removing a marker';
  const marker = inHand() ?? refuse(doing, 'no marker is in hand', 'Click one in the ruler.');
  return { name: 'Remove marker', edit: (draft) => removeMarker(draft, marker.id) };
}

function clear(): Intent {
  if (getDocument().markers.length === 0) refuse('removing markers', 'there are none');
  return { name: 'Remove all markers', edit: clearMarkers };
}

export const markerCommands: readonly Command[] = [
  {
    id: 'marker.add',
    name: 'Marker at the playhead, again to name it',
    group: 'Markers',
    keys: ['m'],
    run: add,
  },
  { id: 'marker.edit', name: 'Change marker…', group: 'Markers', keys: ['$mod+m'], run: edit },
  {
    id: 'marker.next',
    name: 'Next marker',
    group: 'Markers',
    keys: ['Shift+ArrowDown'],
    repeats: true,
    run: () => go(1),
  },
  {
    id: 'marker.previous',
    name: 'Previous marker',
    group: 'Markers',
    keys: ['Shift+ArrowUp'],
    repeats: true,
    run: () => go(-1),
  },
  { id: 'marker.remove', name: 'Remove marker', group: 'Markers', keys: ['$mod+Alt+KeyM'], run: remove },
  { id: 'marker.clear', name: 'Remove all markers', group: 'Markers', keys: [], run: clear },
];
