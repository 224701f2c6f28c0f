/** Rows of bands: whatever the layers and the sizes, bands make every row once, of rows that hold all that is looked at. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bandsOf } from '../../src/main/engine/onnx/bands/bands.ts';
import {
  convolved,
  deconvolved,
  padded,
  type RowRule,
  repeated,
} from '../../src/main/engine/onnx/bands/rows.ts';
import { StageRows } from '../../src/main/engine/onnx/bands/stage-rows.ts';
import { valuesOf } from '../../src/main/engine/onnx/bands/values.ts';
import { textModel } from '../helpers/onnx.ts';

/** A column through a layer: every output row as the set of input rows that it looks at. */
type Seen = readonly (readonly number[])[];

interface Layer {
  readonly rule: RowRule;
  readonly text: (from: string, to: string) => string;
  /** By the operator's definition, over any stretch of rows. */
  readonly through: (rows: Seen) => Seen;
}

const kernelText = (k: number, s: number, pads: readonly number[]) =>
  `kernel_shape = [${k}, 1], strides = [${s}, 1], pads = [${pads[0]}, 0, ${pads[1]}, 0]`;
const merge = (parts: Seen) => [...new Set(parts.flat())];

function convolution(kernel: number, stride: number, before: number, after: number): Layer {
  const rule = convolved({ kernel, stride, dilation: 1, before, after });
  return {
    rule,
    text: (from, to) => `${to} = Conv<${kernelText(kernel, stride, [before, after])}>(${from}, w)`,
    through: (rows) =>
      Array.from({ length: rule.height(rows.length) }, (_, i) =>
        merge(Array.from({ length: kernel }, (_, k) => rows[i * stride - before + k] ?? [])),
      ),
  };
}

function transposed(kernel: number, stride: number, pad: number): Layer {
  const rule = deconvolved({ kernel, stride, dilation: 1, before: pad, after: pad });
  return {
    rule,
    text: (from, to) => `${to} = ConvTranspose<${kernelText(kernel, stride, [pad, pad])}>(${from}, w)`,
    through(rows) {
      const out: number[][] = Array.from({ length: rule.height(rows.length) }, () => []);
      for (const [j, seen] of rows.entries())
        for (let k = 0; k < kernel; k++) out[j * stride - pad + k]?.push(...seen);
      return out.map((seen) => merge([seen]));
    },
  };
}

const twice: Layer = {
  rule: repeated(2),
  text: (from, to) =>
    `${to} = Resize<mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">(${from}, , scales)`,
  through: (rows) => rows.flatMap((seen) => [seen, seen]),
};

const below: Layer = {
  rule: padded(0, 1),
  text: (from, to) => `${to} = Pad(${from}, pads)`,
  through: (rows) => [...rows, []],
};

const layers = fc.array(
  fc.oneof(
    fc.constantFrom(convolution(3, 1, 1, 1), convolution(1, 1, 0, 0), convolution(5, 1, 2, 2), twice, below),
    fc.constantFrom(
      convolution(3, 2, 0, 1),
      convolution(2, 2, 0, 0),
      convolution(3, 2, 1, 1),
      convolution(3, 1, 0, 0),
    ),
    fc.constantFrom(transposed(2, 2, 0), transposed(4, 2, 1), transposed(3, 1, 1)),
  ),
  { minLength: 1, maxLength: 6 },
);

it('make every row once, of the rows that the whole would look at', () => {
  fc.assert(
    fc.property(
      layers,
      fc.integer({ min: 24, max: 90 }),
      fc.integer({ min: 1, max: 40 }),
      (chain, height, rows) => {
        const lines = chain.map(({ text }, i) => text(`x${i}`, `x${i + 1}`));
        const last = `x${chain.length}`;
        const { graph } = textModel(
          `float32[1, 1, h, w] x0 => float32[1, 1, a, b] ${last}\nfloat32[1, 1, 1, 1] w\n${lines.join('\n')}`,
        );
        const numbers = new Map([
          ['scales', [1, 1, 2, 1]],
          ['pads', [0, 0, 0, 0, 0, 0, 1, 0]],
        ]);
        const values = valuesOf(graph, 'x0', numbers);
        const stage = new StageRows(values, { nodes: [...graph.nodes], reads: ['x0'], makes: [last] });
        const picture: Seen = Array.from({ length: height }, (_, i) => [i]);
        const run = (of: Seen) => chain.reduce((seen, { through }) => through(seen), of);
        const whole = run(picture);
        fc.pre(
          whole.length > 0 &&
            chain.every((_, i) => chain.slice(0, i + 1).reduce((h, { rule }) => rule.height(h), height) > 8),
        );
        const made: number[][] = [];
        for (const band of bandsOf(stage, [last], { read: new Map([['x0', height]]), rows })) {
          const reads = band.reads.get('x0')!;
          const own = band.makes.get(last)!;
          expect(own.start).toBe(made.length);
          const seen = run(picture.slice(reads.start, reads.end));
          const skip = own.start - stage.startOf(last, reads.start);
          made.push(
            ...seen.slice(skip, skip + own.end - own.start).map((one) => [...one].sort((a, b) => a - b)),
          );
        }
        expect(made).toEqual(whole.map((one) => [...one].sort((a, b) => a - b)));
      },
    ),
  );
});
