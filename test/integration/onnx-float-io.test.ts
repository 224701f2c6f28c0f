import { describe, expect, it } from 'vitest';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { floats, int64, runOnce, textModel } from '../helpers/onnx.ts';
import { castToFloat32 } from '../helpers/passes.ts';
import { printText } from '../helpers/print-graph.ts';

describe('float32 inputs and outputs', () => {
  it('casts half-precision ones inside and leaves integers', async () => {
    const model =
      textModel(`float16[B] x, int64[] timestep, float32[B] f => float16[B] y, float16[B] z, float32[B] w
      t = Cast<to = 10>(timestep)
      y = Add(x, t)
      z = Mul(y, x)
      w = Neg(f)`);
    expect(castToFloat32(model)).toEqual({
      inputs: [{ name: 'x', from: ELEMENT.float16 }],
      outputs: [
        { name: 'y', from: ELEMENT.float16 },
        { name: 'z', from: ELEMENT.float16 },
      ],
    });
    expect(model.graph.inputs.map((input) => [input.name, input.type])).toEqual([
      ['x', ELEMENT.float32],
      ['timestep', ELEMENT.int64],
      ['f', ELEMENT.float32],
    ]);
    const feeds = {
      x: floats([2], Float32Array.of(1 / 3, 2)),
      timestep: int64([], 5),
      f: floats([2], Float32Array.of(1, 2)),
    };
    const { y, z, w } = await runOnce(model, feeds, ['y', 'z', 'w']);
    // The CPU provider computes half-precision operators in float32, so the result lies within half's rounding.
    expect(y!.data[0]).toBeCloseTo(5 + 1 / 3, 2);
    expect(y!.data[1]).toBe(7);
    expect(z!.data[0]).toBeCloseTo((5 + 1 / 3) / 3, 2);
    expect(z!.data[1]).toBe(14);
    expect([...w!.data]).toEqual([-1, -2]);
  });

  it('changes nothing where all is float32, and nothing the second time', () => {
    const model = textModel('float64[2] x => float32[2] y\ny = Cast<to = 1>(x)');
    expect(castToFloat32(model).inputs).toEqual([{ name: 'x', from: ELEMENT.float64 }]);
    const once = printText(model.graph);
    expect(castToFloat32(model)).toEqual({ inputs: [], outputs: [] });
    expect(printText(model.graph)).toBe(once);
  });
});
