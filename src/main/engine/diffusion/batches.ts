/** Which frames of a step go through the network together: a list schedule over its passes. */
import { assert } from '../../../common/errors.ts';
import { attendingOf, keysOf, type Pass } from './run.ts';

/** One frame on its way through the network, in a step. */
export interface Visit {
  readonly frame: number;
  /** Whose keys and reads hold for it. */
  readonly pass: Pass;
}

/** One call. */
export interface Batch {
  readonly visits: readonly Visit[];
  /** Whether they attend to each other. */
  readonly joint: boolean;
}

/**
 * Passes are taken apart into frames, which are independent of each other, except for joint ones. A batch takes the first
 * frame whose keys and reads have been visited, and then others that are as ready and attend alike. One by one, it is the
 * passes in their order; chains that lead away from an anchor to both sides go two by two.
 * @param most frames of a call to which a frame of this pass may belong; joint passes go together whatever it says
 * @param visited frames of this step that were visited before
 */
export function schedule(
  passes: readonly Pass[],
  most: (pass: Pass) => number,
  visited: Iterable<number> = [],
): Batch[] {
  const done = new Set(visited);
  let waiting = passes.flatMap(partsOf).filter(([{ frame }]) => !done.has(frame));
  const batches: Batch[] = [];
  while (waiting.length > 0) {
    const ready = (part: Part) => needsOf(part[0].pass).every((frame) => done.has(frame));
    const first = waiting.find(ready);
    assert(first, 'passes of a step need only frames of earlier ones');
    const { pass } = first[0];
    const taken = new Set([first]);
    const room = pass.keys === 'joint' ? 1 : most(pass);
    for (const part of waiting) {
      if (taken.size >= room) break;
      const other = part[0].pass;
      if (attendAlike(other, pass) && taken.size < most(other) && ready(part)) taken.add(part);
    }
    waiting = waiting.filter((part) => !taken.has(part));
    const visits = [...taken].flat();
    for (const { frame } of visits) done.add(frame);
    batches.push({ visits, joint: pass.keys === 'joint' });
  }
  return batches;
}

/** What cannot be divided. */
type Part = readonly [Visit, ...Visit[]];

function partsOf(pass: Pass): Part[] {
  const visits = pass.frames.map((frame): Visit => ({ frame, pass }));
  const [first, ...others] = visits;
  assert(first, 'a pass has frames');
  return pass.keys === 'joint' ? [[first, ...others]] : visits.map((visit): Part => [visit]);
}

function needsOf(pass: Pass): readonly number[] {
  return [...keysOf(pass), ...(pass.reads ?? [])];
}

/** Whether the network takes them in one go: as many tokens for each. Joint ones see only their own pass. */
function attendAlike(a: Pass, b: Pass): boolean {
  const [one, other] = [attendingOf(a), attendingOf(b)];
  return !one.joint && !other.joint && one.bank === other.bank && one.self === other.self;
}
