import { describe, expect, it } from 'vitest';
import type { ExportChoice } from '../../src/common/delivery/choice.ts';
import {
  EXPORT_PRESETS,
  nameFault,
  presetOf,
  readOwnPresets,
  renamedPreset,
  withOwnPreset,
} from '../../src/common/delivery/presets.ts';
import { askedOf, rangeBetween, requestOf } from '../../src/common/delivery/request.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { nextFolder } from '../../src/renderer/store/export-presets.ts';
import { secondsLeft } from '../../src/renderer/store/exporting.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const [first, second] = EXPORT_PRESETS.map(({ choice }) => choice) as [ExportChoice, ExportChoice];

async function film(): Promise<ProjectDocument> {
  const document = withClip(await clipRefOf('/a/clip.mov'), '/a/take.mov');
  const [shot] = document.timeline;
  if (shot?.kind !== 'shot') throw new Error('no shot');
  const take = document.takes['take-1']!;
  return {
    ...document,
    timeline: [{ ...shot, id: 'before', takeId: null }, { kind: 'gap', id: 'gap', frames: 6 }, shot],
    takes: {
      later: { ...take, id: 'later', createdAt: 9 },
      ...document.takes,
      lost: { ...take, id: 'lost', shotId: 'a shot that is gone' },
      other: { ...take, id: 'other', shotId: 'before' },
    },
  };
}

describe('export presets', () => {
  it('of the artist are read one by one, replaced by name, renamed and known again', () => {
    const list = withOwnPreset(withOwnPreset([], 'For Bert', first), ' for bert ', second);
    expect(list).toEqual([{ name: 'for bert', choice: second }]);
    expect(readOwnPresets(JSON.stringify([...list, { name: 'x' }, 7]))).toEqual(list);
    expect(readOwnPresets('not JSON')).toEqual([]);
    const two = renamedPreset(withOwnPreset(list, 'Anna', first), 'for bert', 'Zoe');
    expect(two.map(({ name }) => name)).toEqual(['Anna', 'Zoe']);
    expect(presetOf({ ...second, what: second.what }, two)).toBe('Zoe');
    expect(presetOf({ ...first, credentials: 'none' }, two)).toBeNull();
  });

  it('never take the name of a shipped one, nor of each other', () => {
    const list = withOwnPreset(withOwnPreset([], 'Anna', first), 'Bert', second);
    expect(nameFault(list, 'for avid')).toContain('of Retake');
    expect(nameFault(list, ' ')).not.toBeNull();
    expect(nameFault(list, 'anna', 'Bert')).not.toBeNull();
    expect(nameFault(list, 'ANNA', 'Anna')).toBeNull();
  });

  it('that are shipped differ from each other', () => {
    for (const { name, choice } of EXPORT_PRESETS) expect(presetOf(choice, [])).toBe(name);
  });
});

describe('what is exported', () => {
  it('is what there is of it, in the order in which it plays', async () => {
    const subject = { document: await film(), shots: ['shot-1', 'gone'], takes: ['lost'], range: null };
    expect(askedOf('all-takes', subject)).toEqual({ kind: 'takes', takes: ['other', 'take-1', 'later'] });
    expect(askedOf('takes', subject)).toBeNull();
    expect(askedOf('shots', subject)).toEqual({ kind: 'shots', shots: ['shot-1'] });
    expect(askedOf('all-shots', subject)).toEqual({ kind: 'shots', shots: ['before', 'shot-1'] });
    expect(askedOf('range', subject)).toBeNull();
    expect(askedOf('timeline', subject)).toEqual({ kind: 'timeline', range: null });
  });

  it('reaches from In to Out, either of which may be open, and never past the end', async () => {
    const document = await film();
    expect(rangeBetween(document, null, null)).toBeNull();
    expect(rangeBetween(document, 10, null)).toEqual({ from: 10, to: 54 });
    expect(rangeBetween(document, null, 99)).toEqual({ from: 0, to: 54 });
    expect(rangeBetween(document, 54, null)).toBeNull();
  });

  it('has no script for Resolve where no timeline is there that it reads', async () => {
    const subject = { document: await film(), shots: [], takes: [], range: null };
    const place = { project: 'p', folder: '/out', startTimecode: null };
    const scripted = requestOf({ ...first, resolve: true }, subject, place);
    expect(scripted?.resolve).toBe(false);
    const resolve = EXPORT_PRESETS.find(({ name }) => name.includes('Resolve'))!.choice;
    expect(requestOf(resolve, subject, place)?.resolve).toBe(true);
  });
});

it('goes into a folder beside the one before', () => {
  expect(nextFolder('/a/film export')).toBe('/a/film export 2');
  expect(nextFolder('/a/film export 9')).toBe('/a/film export 10');
});

it('tells the time left by the pace of this run, not of what was there already', () => {
  const progress = {
    ...{ folder: '/out', file: 2, files: 2, name: 'b', frame: 1, frames: 2 },
    fraction: 0.75,
  };
  expect(secondsLeft({ first: { fraction: 0.5, at: 0 }, progress }, 10_000)).toBe(10);
  expect(secondsLeft({ first: { fraction: 0.75, at: 0 }, progress }, 10_000)).toBeNull();
  expect(secondsLeft({ first: null, progress: null }, 10_000)).toBeNull();
});
