import { describe, expect, it } from 'vitest';
import type { Shot } from '../../src/common/project/document.ts';
import { settled } from '../../src/renderer/store/settle.ts';
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
    expect(settled({ timeline: [first], clips }, view({ selection: [first.id, second.id] }))).toEqual({
      selection: [first.id],
    });
    expect(settled(document, view({ anchor: { shotId: first.id, frame: 7 } }))).toEqual({ anchor: null });
    expect(settled({ timeline: [first], clips }, view({ anchor: { shotId: second.id, frame: 50 } }))).toEqual(
      { anchor: null },
    );
  });

  it('keeps playhead, In and Out within the timeline', () => {
    expect(settled({ timeline: [first], clips }, view({ playhead: 99, inFrame: 60, outFrame: 70 }))).toEqual({
      playhead: 49,
      inFrame: null,
      outFrame: null,
    });
    expect(settled({ timeline: [], clips }, view({ playhead: 3 }))).toEqual({ playhead: 0 });
  });
});
