/**
 * Where the bytes of a model's tensors are. A tensor may name a file for its bytes wherever the format has one: weights,
 * sparse weights, constants, the bodies of If and Loop, functions. So the whole message is walked, field by field whatever
 * its name, and what this Retake does not know is refused: the runtime reads only what was looked at.
 */
import { create } from '@bufbuild/protobuf';
import { AppError } from '../../../common/errors.ts';
import { tensorBytes } from './ir/types.ts';
import type { ModelProto, NodeProto, TensorProto } from './proto/gen/onnx_pb.js';
import {
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from './proto/gen/onnx_pb.js';
import { readTensor } from './serde-tensor.ts';
import { commonFolder, locationIn, type WeightsFile } from './weights.ts';

/** Fields the format has, onnx.proto leaves out, and inference needs none of: dropped instead of refused. */
const NOT_NEEDED: Readonly<Record<string, readonly number[]>> = {
  // Training, device configurations.
  [ModelProtoSchema.typeName]: [20, 26],
  // Quantization annotations.
  'onnx.GraphProto': [14],
  // Device configurations.
  [NodeProtoSchema.typeName]: [10],
};

export interface InlineRange {
  readonly offset: number;
  readonly length: number;
}

export interface Placing {
  readonly doing: string;
  /** Data of large weights that was left in the model file, by the weight's name. */
  readonly inline: ReadonlyMap<string, InlineRange>;
  /** The model file. */
  readonly self: WeightsFile;
  /** Checks and finds the file a tensor names. */
  resolve(location: string): WeightsFile;
}

export interface Placed {
  /** The smallest folder that holds all the files; locations are relative to it. */
  readonly folder: string;
  /** Real paths of the files that hold bytes of tensors. */
  readonly files: readonly string[];
}

interface Place extends InlineRange {
  readonly tensor: TensorProto;
  readonly file: string;
}

/**
 * Gives every tensor with bytes in a file its checked place there.
 * @throws AppError bundle-invalid, weights-missing
 */
export function placeTensors(model: ModelProto, placing: Placing): Placed {
  const places: Place[] = [];
  const known = new Set<TensorProto>();
  // Weights first, in their order: a bundle's digest is that of its files in the order in which they are met.
  for (const tensor of model.graph?.initializer ?? []) {
    const place = placeOf(tensor, placing, placing.inline.get(tensor.name));
    if (place) places.push(place);
    known.add(tensor);
  }
  walk(model, placing.doing, (message) => {
    if (message.$typeName === NodeProtoSchema.typeName) checkNode(message as NodeProto, placing);
    if (message.$typeName !== TensorProtoSchema.typeName || known.has(message as TensorProto)) return;
    const place = placeOf(message as TensorProto, placing, undefined);
    if (place) places.push(place);
  });
  const files = [...new Set(places.map((place) => place.file))];
  const folder = commonFolder(files.length > 0 ? files : [placing.self.path], placing.doing);
  for (const { tensor, file, offset, length } of places) {
    write(tensor, { location: locationIn(folder, file, placing.doing), offset, length });
  }
  return { folder, files };
}

/** Anything that protobuf reads. */
interface Message {
  readonly $typeName: string;
  readonly $unknown?: readonly { readonly no: number }[];
}

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && '$typeName' in value;

/** Every message within the message, itself first. Fields are not named here, so none can be forgotten. */
function walk(root: Message, doing: string, visit: (message: Message) => void): void {
  const stack = [root];
  for (let message = stack.pop(); message; message = stack.pop()) {
    dropUnknown(message, doing);
    visit(message);
    for (const value of Object.values(message)) {
      // A choice between fields is {case, value}; a list holds messages throughout or none.
      const held: unknown = typeof value === 'object' && value && 'case' in value ? value.value : value;
      if (isMessage(held)) stack.push(held);
      else if (Array.isArray(held) && isMessage(held[0]))
        for (const one of held as Message[]) stack.push(one);
    }
  }
}

function dropUnknown(message: Message, doing: string): void {
  const unneeded = NOT_NEEDED[message.$typeName] ?? [];
  const unknown = message.$unknown?.find(({ no }) => !unneeded.includes(no));
  if (unknown) {
    const where = message.$typeName.replace(/^onnx\./, '');
    throw refusal(`it holds something Retake does not know (field ${unknown.no} of ${where})`, doing);
  }
  if (message.$unknown) (message as { $unknown?: unknown }).$unknown = undefined;
}

/** Some operators bring a file of their own, compiled for one accelerator. */
function checkNode(node: NodeProto, { doing }: Placing): void {
  if (node.opType === 'EPContext') throw refusal('it was compiled for one accelerator', doing);
}

/** Null for a tensor that has its bytes with it. */
function placeOf(tensor: TensorProto, placing: Placing, inline: InlineRange | undefined): Place | null {
  const { doing } = placing;
  if (inline) {
    const needed = sizeOf(tensor, placing);
    if (needed !== null && inline.length !== needed) throw wrongSize(tensor, inline.length, placing);
    return { tensor, file: placing.self.path, ...inline };
  }
  const { data } = readTensor(tensor, (what) => damaged(what, doing));
  const expected = sizeOf(tensor, placing);
  if (data.kind === 'bytes' && expected !== null && data.bytes.length !== expected)
    throw wrongSize(tensor, data.bytes.length, placing);
  if (data.kind !== 'external') {
    tensor.externalData = [];
    return null;
  }
  if (expected === null) {
    const message = `the weight ${labelOf(tensor)} is of a type that cannot lie in a file`;
    throw new AppError('bundle-invalid', message, { doing });
  }
  if (data.length !== null && data.length !== expected) throw wrongSize(tensor, data.length, placing);
  const file = placing.resolve(data.location);
  const end = data.offset + expected;
  if (end > file.size) {
    const message = `${data.location} is cut short: it has ${file.size} bytes, ${labelOf(tensor)} ends at ${end}`;
    throw new AppError('bundle-invalid', message, { doing, hint: 'Download it again.' });
  }
  return { tensor, file: file.path, offset: data.offset, length: expected };
}

/** No other entries: the runtime knows further ones, which would have it read at places nobody has checked. */
function write(tensor: TensorProto, place: { location: string; offset: number; length: number }): void {
  for (const field of [
    'floatData',
    'doubleData',
    'int32Data',
    'int64Data',
    'uint64Data',
    'stringData',
  ] as const)
    tensor[field] = [];
  tensor.rawData = new Uint8Array(0);
  tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
  tensor.externalData = Object.entries(place).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value: String(value) }),
  );
}

function sizeOf(tensor: TensorProto, { doing }: Placing): number | null {
  const dims = tensor.dims.map(Number);
  if (dims.some((dim) => dim < 0 || !Number.isSafeInteger(dim)))
    throw damaged(`the weight ${tensor.name} has shape [${dims}]`, doing);
  return tensorBytes(tensor.dataType, dims);
}

function labelOf(tensor: TensorProto): string {
  return tensor.name || 'a constant';
}

function wrongSize(tensor: TensorProto, stored: number, { doing }: Placing): AppError {
  const needs = `its shape [${tensor.dims}] needs ${tensorBytes(tensor.dataType, tensor.dims.map(Number))}`;
  return new AppError('bundle-invalid', `the weight ${labelOf(tensor)} has ${stored} bytes, ${needs}`, {
    doing,
    hint: 'The file is damaged; download it again.',
  });
}

function damaged(what: string, doing: string): AppError {
  const hint = 'Download it again.';
  return new AppError('bundle-invalid', `the model is damaged: ${what}`, { doing, hint });
}

function refusal(message: string, doing: string): AppError {
  const hint = 'Export the model again with optimum-cli export onnx, or use another.';
  return new AppError('bundle-invalid', message, { doing, hint });
}
