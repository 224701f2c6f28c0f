/** Weights and constants: protobuf to tensor and back. Used by serde only. */
import { clearField, create } from '@bufbuild/protobuf';
import { ELEMENT, type Tensor, type TensorData, tensorBytes } from './ir/types.ts';
import type { TensorProto } from './proto/gen/onnx_pb.js';
import {
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from './proto/gen/onnx_pb.js';

/** @param damaged makes the error for a tensor that cannot be. */
export function readTensor(message: TensorProto, damaged: (what: string) => Error): Tensor {
  const dims = message.dims.map(Number);
  if (dims.some((dim) => dim < 0 || !Number.isSafeInteger(dim)))
    throw damaged(`the weight ${message.name} has shape [${dims}]`);
  return {
    name: message.name,
    dims,
    type: message.dataType,
    data: readData(message, damaged),
    source: message,
  };
}

function readData(message: TensorProto, damaged: (what: string) => Error): TensorData {
  if (message.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    const entries = new Map(message.externalData.map((entry) => [entry.key, entry.value]));
    const number = (key: string): number | null => {
      const text = entries.get(key);
      if (text === undefined) return null;
      const value = Number(text);
      if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
        throw damaged(`the weight ${message.name} has ${key} "${text}"`);
      return value;
    };
    return {
      kind: 'external',
      location: entries.get('location') ?? '',
      offset: number('offset') ?? 0,
      length: number('length'),
    };
  }
  if (message.rawData.length > 0) return { kind: 'bytes', bytes: message.rawData };
  const typed = typedData(message);
  if (typed)
    return { kind: 'bytes', bytes: new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength) };
  const empty = tensorBytes(message.dataType, message.dims.map(Number)) === 0;
  return empty ? { kind: 'bytes', bytes: message.rawData } : { kind: 'opaque' };
}

/** The typed repeated fields hold what raw_data would, at one element per entry. */
function typedData(message: TensorProto): ArrayBufferView | null {
  if (message.floatData.length > 0) return Float32Array.from(message.floatData);
  if (message.doubleData.length > 0) return Float64Array.from(message.doubleData);
  if (message.int64Data.length > 0) return BigInt64Array.from(message.int64Data);
  if (message.uint64Data.length > 0 && message.dataType === ELEMENT.uint64)
    return BigUint64Array.from(message.uint64Data);
  if (message.int32Data.length === 0) return null;
  const count = message.dims.reduce((product, dim) => product * Number(dim), 1);
  const bytes = tensorBytes(message.dataType, message.dims.map(Number));
  // Four-bit types pack several elements in an entry; leave those to the runtime.
  if (bytes === null || count !== message.int32Data.length) return null;
  if (bytes === count) return Uint8Array.from(message.int32Data);
  if (bytes === count * 2) return Uint16Array.from(message.int32Data);
  return bytes === count * 4 ? Int32Array.from(message.int32Data) : null;
}

export function writeTensor(tensor: Tensor): TensorProto {
  const message = (tensor.source as TensorProto | undefined) ?? create(TensorProtoSchema);
  if (message.name !== tensor.name) message.name = tensor.name;
  message.dims = tensor.dims.map(BigInt);
  message.dataType = tensor.type;
  const { data } = tensor;
  if (data.kind === 'opaque') return message;
  message.floatData = [];
  message.doubleData = [];
  message.int32Data = [];
  message.int64Data = [];
  message.uint64Data = [];
  if (data.kind === 'bytes') {
    message.rawData = data.bytes;
    message.externalData = [];
    clearField(message, TensorProtoSchema.field.dataLocation);
    return message;
  }
  clearField(message, TensorProtoSchema.field.rawData);
  message.dataLocation = TensorProto_DataLocation.EXTERNAL;
  const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  const others = message.externalData.filter(({ key }) => !['location', 'offset', 'length'].includes(key));
  message.externalData = [entry('location', data.location), entry('offset', String(data.offset)), ...others];
  if (data.length !== null) message.externalData.push(entry('length', String(data.length)));
  return message;
}
