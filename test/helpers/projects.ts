/** Documents for tests: clips, shots and takes without any file behind them. */
import type { Rational } from '../../src/common/media.ts';
import {
  type ClipRef,
  emptyProject,
  type ProjectDocument,
  type Take,
} from '../../src/common/project/document.ts';
import { addClip, type NewId } from '../../src/common/project/edits.ts';
import { shotWith } from './job-settings.ts';

export function counter(prefix = 'id'): NewId {
  let next = 0;
  return () => `${prefix}${next++}`;
}

export function clipRef(id: string, frames: number, rate: Rational = { num: 24, den: 1 }): ClipRef {
  return {
    id,
    path: `/clips/${id}.mov`,
    fingerprint: { bytes: frames * 1000, digest: id },
    name: `${id}.mov`,
    rate,
    frames,
    width: 640,
    height: 360,
    timecode: null,
    hasAudio: true,
  };
}

/** One clip cut into shots. */
export function projectOf(frames: number, cuts: readonly number[], newId = counter()): ProjectDocument {
  const document = emptyProject('Test');
  addClip(document, clipRef('clip', frames), cuts, newId);
  return document;
}

export function takeOf(id: string, shot: { id: string; start: number; end: number }, name = id): Take {
  return {
    id,
    shotId: shot.id,
    name,
    rating: 0,
    note: '',
    path: `/takes/${id}.mov`,
    createdAt: 1000,
    start: shot.start,
    end: shot.end,
    anchor: shot.start,
    settings: shotWith({ prompt: 'snow' }),
    bundle: 'demo',
    seconds: 3,
    reconstruction: null,
  };
}
