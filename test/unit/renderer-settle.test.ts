import { describe, expect, it } from 'vitest';
import type { Shot } from '../../src/common/project/document.ts';
import { place } from '../../src/common/project/positions.ts';
import { agreed, leavesMarker, settled } from '../../src/renderer/store/settle.ts';
import { type View, viewStore } from '../../src/renderer/store/view.ts';
import { projectOf } from '../helpers/projects.ts';

const document = projectOf(100, [50]);
const { timeline, clips } = document;
const [first, second] = timeline as [Shot, Shot];
const view = (more: Partial<View>): View => ({ ...viewStore.getState(), ...more });

describe('after a change of the timeline', () => {
  it('leaves a view that fits alone', () => {
    const anchor = { shotId: second.id, frame: 50 };
    const fits = view({ selection: [first.id], anchor, playhead: 99, inFrame: 0, outFrame: 100 });
    expect(settled(document, fits)).toBeNull();
  });

  it('lets go of what is gone', () => {
    expect(
      settled({ timeline: [first], clips, markers: [] }, view({ selection: [first.id, second.id] })),
    ).toEqual({
      selection: [first.id],
    });
    expect(settled(document, view({ anchor: { shotId: first.id, frame: 7 } }))).toEqual({ anchor: null });
    expect(
      settled({ timeline: [first], clips, markers: [] }, view({ anchor: { shotId: second.id, frame: 50 } })),
    ).toEqual({ anchor: null });
  });

  it('keeps playhead, In and Out within the timeline', () => {
    expect(
      settled({ timeline: [first], clips, markers: [] }, view({ playhead: 99, inFrame: 60, outFrame: 70 })),
    ).toEqual({
      playhead: 49,
      inFrame: null,
      outFrame: null,
    });
    expect(settled({ timeline: [], clips, markers: [] }, view({ playhead: 3 }))).toEqual({ playhead: 0 });
  });
});

describe('the marker in hand', () => {
  const markers = [{ id: 'm', frame: 10, name: '', note: '', colour: 'red' as const }];
  const onIt = view({ marker: 'm', playhead: 10 });

  it('is left behind by a playhead that moves on, and goes with one that it moves with', () => {
    expect(leavesMarker(markers, view({ marker: 'm', playhead: 11 }), onIt)).toBe(true);
    expect(leavesMarker(markers, onIt, view({ playhead: 50 }))).toBe(false);
    expect(leavesMarker(markers, view({ marker: 'm', markerOpen: true, playhead: 11 }), onIt)).toBe(false);
    expect(leavesMarker(markers, view({ marker: null, playhead: 11 }), onIt)).toBe(false);
    expect(leavesMarker([{ ...markers[0]!, frame: 12 }], view({ marker: 'm', playhead: 12 }), onIt)).toBe(
      false,
    );
  });

  it('is let go of when it is gone', () => {
    expect(settled(document, onIt)).toEqual({ marker: null, markerOpen: false });
    expect(settled({ ...document, markers }, onIt)).toBeNull();
  });
});

describe('the shot in hand is the one in sight', () => {
  const placed = place(document);
  const both = view({ selection: [first.id], playhead: 10 });

  it('brings the playhead to a shot that is chosen', () => {
    const now = view({ selection: [second.id], playhead: 10 });
    expect(agreed(placed, now, both)).toEqual({ playhead: 50 });
    expect(agreed(placed, view({ selection: [second.id], playhead: 70 }), both)).toBeNull();
  });

  it('takes the shot under a playhead that moved in hand', () => {
    const selection = both.selection;
    const now = view({ selection, playhead: 60 });
    expect(agreed(placed, now, both)).toEqual({
      selection: [second.id],
      anchor: null,
      maskKey: null,
    });
    expect(agreed(placed, view({ selection, playhead: 49 }), both)).toBeNull();
  });

  it('waits while it plays, and keeps a choice of several and of none', () => {
    const several = view({ selection: [first.id, second.id], playhead: 60 });
    expect(agreed(placed, several, both)).toBeNull();
    expect(agreed(placed, view({ selection: both.selection, playhead: 60, shuttle: 1 }), both)).toBeNull();
    expect(agreed(placed, view({ selection: [], playhead: 60 }), both)).toBeNull();
  });
});
