import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { attr, Graph, Node } from '../../src/main/engine/onnx/ir/graph.ts';
import { sortNodes } from '../../src/main/engine/onnx/ir/sort.ts';
import { parseText } from '../../src/main/engine/onnx/ir/text.ts';
import { ELEMENT, integersOf } from '../../src/main/engine/onnx/ir/types.ts';
import { ModelProtoSchema, TensorProtoSchema } from '../../src/main/engine/onnx/proto/gen/onnx_pb.js';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { encodeField, encodeVarint } from '../../src/main/engine/onnx/wire.ts';
import { floats, int64, runOnce } from '../helpers/onnx.ts';

const TEXT = `float32[B, 2] x => float32[B, 2] y
  float32[2] w = {1, 2}
  int64[2] shape = {-1, 2}
  a = Add(x, w) "first"
  y = Reshape<allowzero = 0>(a, shape) "second"`;

describe('serde', () => {
  it('writes what the runtime reads, and reads it back', async () => {
    const bytes = serializeModel(parseText(TEXT));
    const { y } = await runOnce(bytes, { x: floats([1, 2], Float32Array.of(10, 20)) }, ['y']);
    expect([...y!.data]).toEqual([11, 22]);
    const again = parseModel(bytes);
    expect(Array.from(again.graph.nodes, (node) => node.label)).toEqual(['first', 'second']);
    expect(again.graph.inputs[0]).toMatchObject({ name: 'x', type: ELEMENT.float32, dims: ['B', 2] });
    expect(integersOf(again.graph.initializers.get('shape')!)).toEqual([-1, 2]);
    expect(Buffer.from(serializeModel(again)).equals(Buffer.from(bytes))).toBe(true);
  });

  it('keeps integers of 64 bits', () => {
    const model = parseText(TEXT);
    const node = new Node({
      op: 'Relu',
      inputs: ['x'],
      outputs: ['z'],
      attributes: new Map([
        ['i', attr.int(2n ** 62n + 1n)],
        ['l', attr.ints([-(2n ** 63n)])],
      ]),
    });
    model.graph.insert(node);
    const back = parseModel(serializeModel(model)).graph.producer('z')!;
    expect(back.attributes.get('i')).toEqual({ kind: 'int', value: 2n ** 62n + 1n });
    expect(back.attributes.get('l')).toEqual({ kind: 'ints', value: [-(2n ** 63n)] });
  });

  it('carries fields it does not know at every level', () => {
    const unknown = (text: string) => Buffer.concat(encodeField(777, [Buffer.from(text)]));
    const node = Buffer.concat([
      ...encodeField(1, [Buffer.from('x')]),
      ...encodeField(2, [Buffer.from('y')]),
      ...encodeField(4, [Buffer.from('Relu')]),
      unknown('in a node'),
    ]);
    const weight = Buffer.concat([
      encodeVarint(8),
      encodeVarint(2),
      encodeVarint(16),
      encodeVarint(1),
      ...encodeField(8, [Buffer.from('w')]),
      ...encodeField(9, [Buffer.alloc(8)]),
      unknown('in a weight'),
    ]);
    const graph = Buffer.concat([
      ...encodeField(1, [node]),
      ...encodeField(5, [weight]),
      unknown('in the graph'),
    ]);
    const opset = Buffer.concat([encodeVarint(16), encodeVarint(17)]);
    const bytes = Buffer.concat([
      encodeVarint(8),
      encodeVarint(8),
      ...encodeField(7, [graph]),
      ...encodeField(8, [opset]),
      unknown('in the model'),
    ]);
    const model = parseModel(bytes);
    model.graph.addNode('Neg', ['y']);
    const out = Buffer.from(serializeModel(model));
    for (const place of ['in a node', 'in a weight', 'in the graph', 'in the model'])
      expect(out.includes(place)).toBe(true);
    expect(parseModel(out).graph.nodeCount).toBe(2);
  });

  it('keeps the branches of If and runs them, with values taken from outside', async () => {
    const branch = (op: string) => {
      const { graph } = parseText('=> float32[2] r');
      graph.insert(new Node({ op, inputs: ['x', 'x'], outputs: ['r'] }));
      return attr.graph(graph);
    };
    const graph = new Graph('outer');
    graph.inputs.push(
      { name: 'x', type: ELEMENT.float32, dims: [2] },
      { name: 'c', type: ELEMENT.bool, dims: [] },
    );
    graph.outputs.push({ name: 'y', type: ELEMENT.float32, dims: [2] });
    graph.insert(
      new Node({
        op: 'If',
        inputs: ['c'],
        outputs: ['y'],
        attributes: new Map([
          ['then_branch', branch('Add')],
          ['else_branch', branch('Mul')],
        ]),
      }),
    );
    expect(graph.consumers('x').map((node) => node.op)).toEqual(['If']);
    const model = parseModel(serializeModel({ graph, opsets: new Map([['', 17]]), irVersion: 8 }));
    // Surgery outside reaches into the branches.
    const twice = model.graph.addNode('Add', ['x', 'x']);
    model.graph.replaceUses('x', twice);
    model.graph.setInput(model.graph.producer(twice)!, 0, 'x');
    model.graph.setInput(model.graph.producer(twice)!, 1, 'x');
    sortNodes(model.graph);
    const x = floats([2], Float32Array.of(3, 4));
    const run = async (c: number) => [
      ...(await runOnce(model, { x, c: { type: 'bool', data: Uint8Array.of(c), dims: [] } }, ['y'])).y!.data,
    ];
    expect(await run(1)).toEqual([12, 16]);
    expect(await run(0)).toEqual([36, 64]);
  });

  it('reads values stored in typed fields as their bytes', () => {
    const tensor = (fields: object) => create(TensorProtoSchema, fields);
    const model = create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ version: 17n }],
      graph: {
        initializer: [
          tensor({ name: 'f', dims: [2n], dataType: 1, floatData: [1.5, -2] }),
          tensor({ name: 'i', dims: [2n], dataType: 7, int64Data: [-1n, 5n] }),
          tensor({ name: 'h', dims: [2n], dataType: 10, int32Data: [0x3c00, 0xc000] }),
          tensor({ name: 'b', dims: [2n], dataType: 9, int32Data: [1, 0] }),
          tensor({ name: 's', dims: [1n], dataType: 8, stringData: [Buffer.from('text')] }),
        ],
      },
    });
    const { graph } = parseModel(toBinary(ModelProtoSchema, model));
    const bytes = (name: string) => {
      const data = graph.initializers.get(name)!.data;
      return data.kind === 'bytes' ? [...data.bytes] : data.kind;
    };
    expect(bytes('f')).toEqual([...new Uint8Array(Float32Array.of(1.5, -2).buffer)]);
    expect(integersOf(graph.initializers.get('i')!)).toEqual([-1, 5]);
    expect(bytes('h')).toEqual([0, 0x3c, 0, 0xc0]);
    expect(bytes('b')).toEqual([1, 0]);
    expect(bytes('s')).toBe('opaque');
    expect(Buffer.from(serializeModel(parseModel(toBinary(ModelProtoSchema, model)))).includes('text')).toBe(
      true,
    );
  });

  it('says so when bytes are no model', () => {
    for (const bytes of [Uint8Array.of(), Uint8Array.of(1, 2, 3), Buffer.from('{"a": 1}')]) {
      expect(() => parseModel(bytes)).toThrow(expect.objectContaining({ code: 'bundle-invalid' }));
    }
  });

  it('feeds int64 inputs', async () => {
    const model = parseText('int64[2] i => float32[2] y\ny = Cast<to = 1>(i)');
    const { y } = await runOnce(model, { i: int64([2], 7, -9) }, ['y']);
    expect([...y!.data]).toEqual([7, -9]);
  });
});
