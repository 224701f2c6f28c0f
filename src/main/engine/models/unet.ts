/** The denoising network as a function of plain arrays; all frames of a call and all their guidance branches are one batch. */
import { AppError, assert } from '../../../common/errors.ts';
import type { LatentShape, Predict, PredictInput } from '../diffusion/types.ts';
import { Buffers } from './buffers.ts';
import { checkSize } from './frozen-size.ts';
import type { Runner } from './role.ts';
import type { AskControlNet } from './roles/controlnet.ts';
import {
  answersOf,
  type CalledPart,
  callsOf,
  checkJoint,
  feedsOf,
  fetchesOf,
  type Pass,
  type Place,
  passOf,
  placesOf,
  rowsOf,
} from './unet-calls.ts';
import type { Row } from './unet-feeds.ts';

export interface UnetPart extends CalledPart {
  readonly session: Runner;
  /** Its outermost layers alone, which are given what its depth made before; absent or null where it was opened without. */
  readonly shallow?: Pick<UnetPart, 'session' | 'sites'> | null;
  readonly file: string;
}

/** Told of every frame that goes through: its guidance branches, and whether the depth was left out or the call can be followed backwards. */
export type OnCall = (branches: number, how: 'whole' | 'shallow' | 'recorded') => void;

/**
 * @param shape of the latents; structure, where the network takes one, has the same height and width
 * @param controlNets what the inputs' `control` counts
 * @param onLess told once, when a graphics card has no room for the rows of a call and they are parted
 * @returns a Predict that runs one call at a time: its input buffers are shared by the passes
 */
export function makePredict(
  unet: UnetPart,
  shape: LatentShape,
  onCall: OnCall,
  controlNets: readonly AskControlNet[] = [],
  onLess: () => void = () => {},
): Predict {
  const { io } = unet;
  const to = { shape, buffers: new Buffers(), controlNets };
  let busy = false;

  const pass = async (rows: readonly Row[], joint: number): Promise<Pass> => {
    const [{ input: first }] = rows as [Row];
    const { session, sites } = first.deep ? unet.shallow! : unet;
    const part = { ...unet, sites };
    const feeds = await feedsOf(part, rows, joint, to);
    return passOf(part, await session.run(feeds, fetchesOf(part, rows)));
  };

  /** Rows that the graphics card had room for. */
  let room = Number.POSITIVE_INFINITY;
  /** In halves, and halves of those, where there is no room for all of them at once. */
  const inParts = async (rows: readonly Row[]): Promise<(readonly [Row, Place])[]> => {
    if (rows.length <= room) {
      try {
        return placesOf(rows, await pass(rows, 1));
      } catch (error) {
        const outOfRoom = error instanceof AppError && error.code === 'device-memory';
        if (!outOfRoom || rows.length === 1 || io.fixed.batch !== null) throw error;
        if (room === Number.POSITIVE_INFINITY) onLess();
        room = Math.ceil(rows.length / 2);
      }
    }
    const half = Math.ceil(rows.length / 2);
    return [...(await inParts(rows.slice(0, half))), ...(await inParts(rows.slice(half)))];
  };

  return async (inputs, joint = false) => {
    assert(!busy, 'two passes of one network at once');
    checkSize(unet.file, io.fixed, shape);
    const rows = rowsOf(inputs);
    if (joint) checkJoint(unet, rows.length);
    const shallow = isShallow(unet, inputs);
    busy = true;
    for (const { branches } of inputs) onCall(branches.length, shallow ? 'shallow' : 'whole');
    try {
      const places = new Map<Row, Place>();
      for (const together of callsOf(rows, io, joint)) {
        // Frames that see each other go together or not at all.
        const made = joint
          ? placesOf(together, await pass(together, inputs.length))
          : await inParts(together);
        for (const [row, place] of made) if (!places.has(row)) places.set(row, place);
      }
      return answersOf(inputs, rows, places);
    } finally {
      busy = false;
    }
  };
}

/** Whether the depth is left out. */
function isShallow({ shallow, file }: UnetPart, inputs: readonly PredictInput[]): boolean {
  const [first] = inputs as [PredictInput];
  for (const { deep, keepDeep } of inputs) {
    assert(
      (deep === undefined) === (first.deep === undefined),
      'the depth runs for all frames of a call or for none',
    );
    assert(!deep || !keepDeep, 'what is given is not made');
    assert(!(deep || keepDeep) || shallow, `${file} was opened for reuse of its depth`);
  }
  return first.deep !== undefined;
}
