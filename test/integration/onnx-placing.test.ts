/** A model reads no byte that was not asked for: wherever the format can name a file, the name is checked. */
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import {
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from '../../src/main/engine/onnx/proto/gen/onnx_pb.js';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { type LoadedGraph, loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { encodeField } from '../../src/main/engine/onnx/wire.ts';
import { textModel } from '../helpers/onnx.ts';
import { externalise, twoLayers } from '../helpers/onnx-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

interface Step {
  readonly parent: DescMessage;
  readonly field: DescField;
}

/** Every way from a model to a tensor that visits no kind of message more than twice. */
function waysToTensors(from: DescMessage, taken: readonly Step[] = []): Step[][] {
  return from.fields.flatMap((field) => {
    const inner = field.message;
    if (!inner) return [];
    const steps = [...taken, { parent: from, field }];
    if (inner.typeName === TensorProtoSchema.typeName) return [steps];
    const visited = steps.filter((step) => step.parent.typeName === inner.typeName).length;
    return visited < 2 ? waysToTensors(inner, steps) : [];
  });
}

const WAYS = waysToTensors(ModelProtoSchema).map((steps) => ({
  name: steps.map(({ field }) => field.name).join(' › '),
  steps,
}));

function externalTensor(entries: Readonly<Record<string, string>>): TensorProto {
  return create(TensorProtoSchema, {
    name: 'hostile',
    dims: [4n],
    dataType: 1,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
}

/** A model with that tensor at the end of that way. */
function modelWith(steps: readonly Step[], tensor: TensorProto) {
  let made: Message = tensor;
  for (const { parent, field } of steps.toReversed()) {
    const value = field.fieldKind === 'list' ? [made] : made;
    made = create(parent, { [field.localName]: value });
  }
  const model = made as ReturnType<typeof create<typeof ModelProtoSchema>>;
  model.graph ??= create(ModelProtoSchema, { graph: {} }).graph;
  return Object.assign(model, {
    opsetImport: create(ModelProtoSchema, { opsetImport: [{ version: 17n }] }).opsetImport,
  });
}

/** A bundle of one graph, with a file of 16 bytes beside it and one outside. */
function write(bytes: Uint8Array): { root: string; file: string } {
  const outer = realpathSync(tempFolder());
  const root = join(outer, 'bundle');
  const file = join(root, 'unet', 'model.onnx');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  writeFileSync(join(outer, 'secret'), Buffer.alloc(64, 7));
  writeFileSync(join(root, 'secret'), Buffer.alloc(64, 7));
  writeFileSync(join(root, 'unet', 'w.bin'), Buffer.alloc(16, 1));
  return { root, file };
}

function refusal(file: string, root: string): AppError | LoadedGraph {
  try {
    return loadGraph(file, { root });
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** Every tensor with its bytes in a file, as the runtime will read the model. */
function externals(loaded: LoadedGraph): { location?: string; offset?: string; keys: string }[] {
  const found: ReturnType<typeof externals> = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    const tensor = value as Partial<TensorProto>;
    if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
      const entries = Object.fromEntries(tensor.externalData!.map(({ key, value: text }) => [key, text]));
      found.push({ ...entries, keys: Object.keys(entries).sort().join() });
    }
    for (const inner of Object.values(value)) look(inner);
  };
  look(fromBinary(ModelProtoSchema, serializeModel(loaded.model)));
  return found;
}

describe('a tensor with its bytes in a file', () => {
  it('is met on every way there is', () => {
    const names = WAYS.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'graph › initializer',
        'graph › sparse_initializer › values',
        'graph › node › attribute › t',
        'graph › node › attribute › sparse_tensor › indices',
        'graph › node › attribute › tensors',
        'graph › node › attribute › g › initializer',
        'graph › node › attribute › graphs › node › attribute › t',
        'functions › node › attribute › t',
        'functions › attribute_proto › t',
      ]),
    );
    expect(names.length).toBeGreaterThan(50);
  });

  it.each(WAYS)('$name', ({ steps }) => {
    for (const location of ['../secret', '../../secret', '/etc/hostname', 'C:\\secret', '']) {
      const { root, file } = write(
        toBinary(ModelProtoSchema, modelWith(steps, externalTensor({ location }))),
      );
      expect(refusal(file, root), location).toMatchObject({
        code: 'bundle-invalid',
        message: expect.stringContaining('outside its folder'),
      });
    }
    const linked = write(toBinary(ModelProtoSchema, modelWith(steps, externalTensor({ location: 'link' }))));
    symlinkSync(join(linked.root, '..', 'secret'), join(linked.root, 'unet', 'link'));
    expect(refusal(linked.file, linked.root)).toMatchObject({
      message: expect.stringContaining('leads out of the bundle'),
    });
    const gone = write(toBinary(ModelProtoSchema, modelWith(steps, externalTensor({ location: 'gone' }))));
    expect(refusal(gone.file, gone.root)).toMatchObject({ code: 'weights-missing' });
    const far = externalTensor({ location: 'w.bin', offset: '8' });
    const cut = write(toBinary(ModelProtoSchema, modelWith(steps, far)));
    expect(refusal(cut.file, cut.root)).toMatchObject({ message: expect.stringContaining('cut short') });

    const good = externalTensor({ location: 'w.bin', prepacked_0: 'key|64|64', checksum: 'abc' });
    const { root, file } = write(toBinary(ModelProtoSchema, modelWith(steps, good)));
    const loaded = refusal(file, root) as LoadedGraph;
    expect(loaded.files).toEqual([join(root, 'unet', 'w.bin')]);
    expect(loaded.folder).toBe(join(root, 'unet'));
    expect(externals(loaded)).toEqual([
      { location: 'w.bin', offset: '0', length: '16', keys: 'length,location,offset' },
    ]);
  });
});

describe('what the runtime may read', () => {
  it('is the smallest folder that holds the weights', () => {
    const root = realpathSync(tempFolder());
    const model = twoLayers();
    const weights = externalise(model, 'deep/er/w.bin');
    mkdirSync(join(root, 'unet', 'deep', 'er'), { recursive: true });
    writeFileSync(join(root, 'unet', 'deep', 'er', 'w.bin'), weights);
    writeFileSync(join(root, 'unet', 'model.onnx'), serializeModel(model));
    const loaded = loadGraph(join(root, 'unet', 'model.onnx'), { root });
    expect(loaded.folder).toBe(join(root, 'unet', 'deep', 'er'));
    expect(new Set(externals(loaded).map(({ location }) => location))).toEqual(new Set(['w.bin']));
  });

  it.each([
    ['in the blobs', 'blobs', '.'],
    ['partly beside the links', '.', '.'],
    ['in the blobs, the bundle a folder of a snapshot', 'blobs', 'unet'],
  ])('is part of a Hugging Face cache, weights %s', (_, expected, inner) => {
    const cache = join(realpathSync(tempFolder()), 'models--someone--model');
    const snapshot = join(cache, 'snapshots', 'abc123');
    mkdirSync(join(cache, 'blobs'), { recursive: true });
    mkdirSync(join(snapshot, 'unet'), { recursive: true });
    const model = twoLayers();
    const weights = externalise(model, 'w.bin');
    if (expected === '.') {
      const b = model.graph.initializers.get('b')!;
      writeFileSync(join(snapshot, 'unet', 'b.bin'), weights.subarray(4096));
      b.data = { kind: 'external', location: 'b.bin', offset: 0, length: 4096 };
    }
    writeFileSync(join(cache, 'blobs', 'd1'), weights);
    writeFileSync(join(cache, 'blobs', 'd2'), serializeModel(model));
    symlinkSync('../../../blobs/d1', join(snapshot, 'unet', 'w.bin'));
    symlinkSync('../../../blobs/d2', join(snapshot, 'unet', 'model.onnx'));
    const loaded = loadGraph(join(snapshot, 'unet', 'model.onnx'), { root: join(snapshot, inner) });
    expect(loaded.folder).toBe(join(cache, expected));
  });

  it('is no address in memory', () => {
    for (const tag of ['*/_ORT_MEM_ADDR_/*', '*/_ORT_NATIVE_ENDIAN_MEM_ADDR_/*']) {
      const tensor = externalTensor({ location: tag, offset: '0' });
      const { root, file } = write(toBinary(ModelProtoSchema, modelWith(WAYS[0]!.steps, tensor)));
      expect(refusal(file, root)).toBeInstanceOf(AppError);
      // Even where such a file lies in the bundle.
      mkdirSync(join(root, 'unet', dirname(tag)), { recursive: true });
      writeFileSync(join(root, 'unet', tag), Buffer.alloc(16));
      expect(refusal(file, root)).toMatchObject({ message: expect.stringContaining('must not have a *') });
    }
  });
});

describe('what Retake does not know', () => {
  const plain = serializeModel(twoLayers());
  const unknown = (number: number) => Buffer.concat(encodeField(number, [Buffer.from('anything')]));

  it('is refused by name, in the model and deep inside', () => {
    const outer = write(Buffer.concat([plain, unknown(777)]));
    expect(refusal(outer.file, outer.root)).toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining('field 777 of ModelProto'),
    });
    const node = Buffer.concat([...encodeField(1, [unknown(99)])]);
    const inner = write(Buffer.concat([plain, ...encodeField(7, [node])]));
    expect(refusal(inner.file, inner.root)).toMatchObject({
      message: expect.stringContaining('field 99 of NodeProto'),
    });
  });

  it('is dropped where running needs none of it: training, devices', () => {
    const { root, file } = write(
      Buffer.concat([plain, unknown(20), unknown(26), ...encodeField(7, [unknown(14)])]),
    );
    const loaded = refusal(file, root) as LoadedGraph;
    expect(Buffer.from(serializeModel(loaded.model)).includes('anything')).toBe(false);
  });

  it('an operator that brings a file for an accelerator', () => {
    const model = textModel('float32[2] x => float32[2] y\ny = Relu(x)');
    const message = fromBinary(ModelProtoSchema, serializeModel(model));
    const attribute = create(AttributeProtoSchema, {
      name: 'ep_cache_context',
      type: 3,
      s: Buffer.from('/etc/hostname'),
    });
    message.graph!.node.push(
      create(NodeProtoSchema, {
        opType: 'EPContext',
        domain: 'com.microsoft',
        output: ['z'],
        attribute: [attribute],
      }),
    );
    const { root, file } = write(toBinary(ModelProtoSchema, message));
    expect(refusal(file, root)).toMatchObject({ message: expect.stringContaining('one accelerator') });
  });

  it('nesting without end', () => {
    let inner = create(ModelProtoSchema, { graph: { name: 'innermost' } }).graph!;
    for (let i = 0; i < 60; i++) {
      const attribute = create(AttributeProtoSchema, { name: 'then_branch', type: 5, g: inner });
      inner = create(ModelProtoSchema, {
        graph: { node: [create(NodeProtoSchema, { opType: 'If', output: ['y'], attribute: [attribute] })] },
      }).graph!;
    }
    const message = create(ModelProtoSchema, { graph: inner, opsetImport: [{ version: 17n }] });
    const { root, file } = write(toBinary(ModelProtoSchema, message));
    expect(refusal(file, root)).toMatchObject({
      message: expect.stringContaining('damaged or not an ONNX model'),
    });
  });
});
