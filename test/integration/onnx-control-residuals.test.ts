import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { sortNodes } from '../../src/main/engine/onnx/ir/sort.ts';
import type { Feed } from '../../src/main/engine/onnx/ort.ts';
import {
  type ControlResiduals,
  controlResiduals,
} from '../../src/main/engine/onnx/passes/control-residuals.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { lendAttention } from '../../src/main/engine/onnx/passes/lend-attention.ts';
import { applyPasses, type Outcomes, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { referenceAttention, SELF_LENGTH } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { bits, floats, int64, noise, noiseFeed, runOnce, textModel } from '../helpers/onnx.ts';
import { applied } from '../helpers/passes.ts';
import { tinyUnet, type UnetOptions, WIDTHS } from '../helpers/tiny-networks.ts';

const [LOW, HIGH] = WIDTHS;
const OPTIONS: UnetOptions = {
  ...{ seed: 3, half: false, inChannels: 4, textWidth: 12, xl: false },
  timestep: { type: 'float', shape: 'batch' },
};
const SIDE = 8;

function feeds({ inChannels, textWidth }: UnetOptions): Record<string, Feed> {
  return {
    sample: noiseFeed('sample', [2, inChannels, SIDE, SIDE]),
    timestep: floats([2], Float32Array.of(481, 481)),
    encoder_hidden_states: noiseFeed('text', [2, 5, textWidth]),
  };
}

function none({ down, middle }: ControlResiduals): Record<string, Feed> {
  return Object.fromEntries(
    [...down, middle].map(({ name }) => [name, floats([1, 1, 1, 1], new Float32Array(1))]),
  );
}

async function output(model: Model, fed: Record<string, Feed>): Promise<Float32Array> {
  return (await runOnce(model, fed, ['out_sample'])).out_sample!.data;
}

describe('residuals of a ControlNet', () => {
  it('enter in the order of the way down, with the widths of what they are added to', () => {
    const { down, middle } = applied(tinyUnet(OPTIONS), controlResiduals);
    expect(down.map(({ channels }) => channels)).toEqual([LOW, LOW, LOW, HIGH]);
    expect(down.map(({ name }) => name)).toEqual([0, 1, 2, 3].map((i) => `control_down_${i}`));
    expect(middle).toEqual({ name: 'control_middle', channels: HIGH });
  });

  it.each([
    ['in full precision', OPTIONS],
    ['in half precision', { ...OPTIONS, half: true }],
  ])('of zero leave the network as it is, to the bit, %s', async (_, options) => {
    const plain = tinyUnet(options);
    applyPasses(plain, [step(float32Io)], 'the UNet');
    const model = tinyUnet(options);
    const taken = applyPasses(model, [step(controlResiduals), step(float32Io)], 'the UNet').of(
      controlResiduals,
    )!;
    const got = await output(model, { ...feeds(options), ...none(taken) });
    expect(bits(got).equals(bits(await output(plain, feeds(options))))).toBe(true);
  });

  it('are added to the skip and to the middle that they are called after', async () => {
    // What the way down left there: the input beside it is silenced in one graph, and fed its opposite in the other.
    for (const [input, value] of [
      ['control_down_0', 'conv_in'],
      ['control_down_3', 'down_blocks.1/resnets.0'],
      ['control_middle', 'mid_block/resnets.1'],
    ] as const) {
      const model = tinyUnet(OPTIONS);
      const taken = applied(model, controlResiduals);
      const [sum] = model.graph.consumers(input);
      const [kept] = sum!.inputs as [string];
      model.graph.outputs.push({ name: kept, type: 1, dims: [null, null, null, null] });
      const [where] = [...model.graph.nodes].filter(({ outputs }) => outputs.includes(kept));
      expect(where!.name.startsWith(`/${value}/`)).toBe(true);
      const fed = { ...feeds(OPTIONS), ...none(taken) };
      const made = (await runOnce(model, fed, [kept]))[kept]!;
      const opposite = {
        ...fed,
        [input]: floats(
          made.dims,
          made.data.map((v) => -v),
        ),
      };

      const silent = tinyUnet(OPTIONS);
      applied(silent, controlResiduals);
      const [joined] = silent.graph.consumers(input);
      const nothing = silent.graph.addNode('Sub', [kept, kept]);
      silent.graph.setInput(joined!, 0, nothing);
      sortNodes(silent.graph);
      const zero = await output(silent, fed);
      expect(bits(await output(model, opposite)).equals(bits(zero))).toBe(true);
      expect(bits(await output(model, fed)).equals(bits(zero))).toBe(false);
    }
  });

  it('stand beside tokens of other frames, which come first', async () => {
    const passes = (controlled: boolean) => [
      ...lendAttention({ sites: 'decoder', joint: false }),
      ...(controlled ? [step(controlResiduals)] : []),
      step(float32Io),
    ];
    const fed = (of: Outcomes): Record<string, Feed> => {
      const sites = of.of(referenceAttention)!;
      const taken = of.of(controlResiduals);
      return {
        ...feeds(OPTIONS),
        [SELF_LENGTH]: int64([1], 2 ** 40),
        ...Object.fromEntries(
          sites.map(({ bank, channels }) => [bank, floats([2, 7, channels], noise(bank, 2 * 7 * channels))]),
        ),
        ...(taken && none(taken)),
      };
    };
    const made: Float32Array[] = [];
    for (const controlled of [false, true]) {
      const model = tinyUnet(OPTIONS);
      made.push(await output(model, fed(applyPasses(model, passes(controlled), 'the UNet'))));
    }
    expect(bits(made[1]!).equals(bits(made[0]!))).toBe(true);
  });

  it('find their places in the shipped model, and leave it to the bit', async () => {
    const root = resolve(import.meta.dirname, '../../resources/demo/bundle');
    const load = () => loadGraph(join(root, 'unet', 'model.onnx'), { root });
    const plain = load();
    const { model, folder } = load();
    const taken = applied(model, controlResiduals);
    const fixed = (name: string, at: number) =>
      plain.model.graph.inputs.find((input) => input.name === name)!.dims!.at(at) as number;
    const fed: Record<string, Feed> = {
      sample: noiseFeed('sample', [1, fixed('sample', 1), 16, 16]),
      timestep: int64([], 481),
      encoder_hidden_states: noiseFeed('text', [1, 77, fixed('encoder_hidden_states', 2)]),
    };
    const [out] = plain.model.graph.outputs;
    const without = await runOnce(plain.model, fed, [out!.name], plain.folder);
    const off = await runOnce(model, { ...fed, ...none(taken) }, [out!.name], folder);
    expect(bits(off[out!.name]!.data).equals(bits(without[out!.name]!.data))).toBe(true);
    expect(taken.down.length).toBeGreaterThan(3);
  });

  it('are refused by a network without skip connections, and where no convolution makes them', () => {
    const straight = textModel('float32[1, 4, H, W] x => float32[1, 4, H, W] y\n y = Identity(x)');
    expect(() => applied(straight, controlResiduals)).toThrow(/has no skip connections/);
    const odd = textModel(`float32[1, 4, H, W] x => float32[1, 8, H, W] y
      a = Softmax<axis = 1>(x)
      b = Softmax<axis = 1>(a)
      y = Concat<axis = 1>(b, a)`);
    expect(() => applied(odd, controlResiduals)).toThrow(/comes from no plain convolution/);
  });
});
