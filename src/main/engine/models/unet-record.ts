/** The denoising network as a function that can be followed backwards. */
import { assert } from '../../../common/errors.ts';
import type { DifferentiatedBy, LatentShape, PulledBack, RecordCall } from '../diffusion/types.ts';
import type { Recorder } from '../onnx/grad/recorder.ts';
import type { RunTensor } from '../onnx/ort.ts';
import type { LearntInput } from '../onnx/passes/learnt-weights.ts';
import { Buffers } from './buffers.ts';
import { checkSize } from './frozen-size.ts';
import type { AskControlNet } from './roles/controlnet.ts';
import { inputsBy } from './roles/unet-io.ts';
import type { OnCall } from './unet.ts';
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

export interface RecordedUnet extends CalledPart {
  readonly recorder: Recorder;
  /** Weights to be learnt, which are fed by those who learn them; none unless said. */
  readonly learnt?: readonly Pick<LearntInput, 'input' | 'name'>[];
  readonly file: string;
}

/** One call of the runtime. */
interface RecordedPass {
  readonly pass: Pass;
  readonly recorded: Awaited<ReturnType<Recorder['record']>>;
}

/** Products by the names of the inputs, of one call of the runtime. */
type Products = Readonly<Record<string, RunTensor>>;
/** What a row was given and answered: which call, and where in it. */
type At = Place & { readonly products: Products };

/** As `makePredict`, and each call is kept until what it answered is let go. */
export function makeRecord(
  unet: RecordedUnet,
  shape: LatentShape,
  onCall: OnCall,
  controlNets: readonly AskControlNet[] = [],
): RecordCall {
  const { io, recorder, learnt = [], file } = unet;
  return async (inputs, by, joint = false) => {
    checkSize(file, io.fixed, shape);
    for (const { deep } of inputs) assert(!deep, 'the whole network is followed backwards');
    const rows = rowsOf(inputs);
    if (joint) checkJoint({ ...unet, file }, rows.length, joint);
    if (joint === 'causal') assert(rows.length === inputs.length, 'frames of a clip have one branch each');
    for (const { branches } of inputs) onCall(branches.length, 'recorded');
    const places = new Map<Row, Place>();
    const calls: RecordedPass[] = [];
    for (const together of callsOf(rows, io, joint !== false)) {
      // Its buffers are its own: what it was fed is needed on the way back.
      const to = { shape, buffers: new Buffers(), controlNets };
      const seen = joint === true ? inputs.length : joint || 1;
      const feeds = await feedsOf(unet, together, seen, to);
      const recorded = await recorder.record(feeds, fetchesOf(unet, together), inputsBy(io, learnt, by));
      const pass = passOf(unet, recorded.outputs);
      for (const [row, place] of placesOf(together, pass)) if (!places.has(row)) places.set(row, place);
      calls.push({ pass, recorded });
    }
    return {
      outputs: answersOf(inputs, rows, places),
      async pull(cotangents, of) {
        for (const one of of) assert(by.includes(one), `the call was recorded for ${one}`);
        const products = new Map<Pass, Products>();
        for (const { pass, recorded } of calls) {
          const cotangent = new Float32Array(pass.output.data.length);
          for (const [row, { pass: its, at }] of places) {
            const given = its === pass && cotangents[inputs.indexOf(row.input)]![row.branch];
            if (given) cotangent.set(given, at * given.length);
          }
          products.set(pass, await recorded.pull({ [io.output]: cotangent }, inputsBy(io, learnt, of)));
        }
        const at = inputs.map((input) =>
          rows
            .filter((row) => row.input === input)
            .map((row): At => ({ ...places.get(row)!, products: products.get(places.get(row)!.pass)! })),
        );
        return pulledBack(unet, shape, of, at, [...products.values()]);
      },
    };
  };
}

/** @param frames per frame and branch */
function pulledBack(
  { io, learnt = [] }: RecordedUnet,
  { channels, height, width }: LatentShape,
  by: readonly DifferentiatedBy[],
  frames: readonly (readonly At[])[],
  calls: readonly Products[],
): PulledBack {
  const ofRow = (name: string, { products, at, pass }: At): Float32Array => {
    const { data } = products[name]!;
    const size = data.length / pass.output.dims[0]!;
    return data.slice(at * size, (at + 1) * size);
  };
  const perBranch = (name: string) => frames.map((branches) => branches.map((at) => ofRow(name, at)));
  // Structure comes after the latent, and is a constant.
  const size = channels * height * width;
  return {
    ...(by.includes('latent') && {
      latents: perBranch(io.sample).map((branches) => sum(branches.map((row) => row.slice(0, size)))),
    }),
    ...(by.includes('text') && { texts: perBranch(io.hidden) }),
    ...(by.includes('text') && io.added && { pooled: perBranch(io.added.pooled) }),
    ...(by.includes('weights') && {
      weights: new Map(
        learnt.map(({ input, name }) => [name, sum(calls.map((products) => products[input]!.data))]),
      ),
    }),
  };
}

function sum(all: readonly Float32Array[]): Float32Array {
  return all.reduce((before, more) => before.map((value, i) => value + more[i]!));
}
