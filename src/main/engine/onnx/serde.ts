/**
 * ONNX protobuf to graph and back. The protobuf message stays behind each element as its `source`, so fields the
 * passes do not know (also ones newer than our .proto) are written back as they were read.
 */
import { clearField, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AppError } from '../../../common/errors.ts';
import { CycleError, Graph, type Model, Node } from './ir/graph.ts';
import type { Attribute, Dim, Tensor, TensorData, ValueInfo } from './ir/types.ts';
import { ELEMENT, tensorBytes } from './ir/types.ts';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './proto/gen/onnx_pb.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from './proto/gen/onnx_pb.js';

/**
 * @param bytes a serialized ModelProto; tensors keep views of it.
 * @throws AppError bundle-invalid when the bytes are not an ONNX model.
 */
export function parseModel(bytes: Uint8Array, label = 'the model'): Model {
  const doing = `reading ${label}`;
  let message: ModelProto;
  try {
    message = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new AppError('bundle-invalid', 'the file is damaged or not an ONNX model', {
      doing,
      hint: 'Download it again.',
      cause,
    });
  }
  if (!message.graph || message.opsetImport.length === 0) {
    throw new AppError('bundle-invalid', 'the file is not an ONNX model', { doing });
  }
  const opsets = new Map(message.opsetImport.map((set) => [domainOf(set.domain), Number(set.version)]));
  return {
    graph: readGraph(message.graph, doing),
    opsets,
    irVersion: Number(message.irVersion),
    source: message,
  };
}

/** Nodes are written in graph order; run Graph.sort first after surgery. */
export function serializeModel(model: Model): Uint8Array {
  const message = (model.source as ModelProto | undefined) ?? create(ModelProtoSchema);
  message.irVersion = BigInt(model.irVersion);
  const known = new Map(message.opsetImport.map((set) => [domainOf(set.domain), set]));
  message.opsetImport = [...model.opsets].map(([domain, version]) => {
    const set = known.get(domain) ?? create(OperatorSetIdProtoSchema, { domain });
    set.version = BigInt(version);
    return set;
  });
  message.graph = writeGraph(model.graph);
  return toBinary(ModelProtoSchema, message);
}

function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function readGraph(message: GraphProto, doing: string): Graph {
  const damaged = (what: string) =>
    new AppError('bundle-invalid', `the model is damaged: ${what}`, { doing, hint: 'Download it again.' });
  const graph = new Graph(message.name, message);
  graph.inputs.push(...message.input.map(readValue));
  graph.outputs.push(...message.output.map(readValue));
  for (const value of message.valueInfo) graph.valueInfo.set(value.name, readValue(value));
  for (const tensor of message.initializer) {
    if (graph.initializers.has(tensor.name)) throw damaged(`two weights are named ${tensor.name}`);
    graph.initializers.set(tensor.name, readTensor(tensor, damaged));
  }
  for (const node of message.node) {
    const inserted = new Node({
      op: node.opType,
      domain: node.domain,
      name: node.name,
      inputs: node.input,
      outputs: node.output,
      attributes: new Map(node.attribute.map((a) => [a.name, readAttribute(a, doing, damaged)])),
      source: node,
    });
    const twice = node.output.find(
      (name, i) => name !== '' && (graph.producer(name) || node.output.indexOf(name) !== i),
    );
    if (twice !== undefined) throw damaged(`the value ${twice} is made twice`);
    graph.insert(inserted);
  }
  try {
    graph.sort();
  } catch (cause) {
    if (cause instanceof CycleError) throw damaged(cause.message);
    throw cause;
  }
  return graph;
}

function readValue(message: ValueInfoProto): ValueInfo {
  const type = message.type?.value;
  if (type?.case !== 'tensorType') return { name: message.name, type: null, dims: null, source: message };
  const dims = type.value.shape?.dim.map((dim): Dim => {
    if (dim.value.case === 'dimValue') return Number(dim.value.value);
    return dim.value.case === 'dimParam' && dim.value.value !== '' ? dim.value.value : null;
  });
  return { name: message.name, type: type.value.elemType, dims: dims ?? null, source: message };
}

function readTensor(message: TensorProto, damaged: (what: string) => Error): Tensor {
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

function readAttribute(message: AttributeProto, doing: string, damaged: (what: string) => Error): Attribute {
  switch (message.type) {
    case AttributeType.FLOAT:
      return { kind: 'float', value: message.f };
    case AttributeType.INT:
      return { kind: 'int', value: message.i };
    case AttributeType.STRING:
      return { kind: 'string', value: message.s };
    case AttributeType.FLOATS:
      return { kind: 'floats', value: message.floats };
    case AttributeType.INTS:
      return { kind: 'ints', value: message.ints };
    case AttributeType.STRINGS:
      return { kind: 'strings', value: message.strings };
    case AttributeType.GRAPHS:
      return { kind: 'graphs', value: message.graphs.map((graph) => readGraph(graph, doing)) };
    case AttributeType.TENSOR:
      if (message.t) return { kind: 'tensor', value: readTensor(message.t, damaged) };
      break;
    case AttributeType.GRAPH:
      if (message.g) return { kind: 'graph', value: readGraph(message.g, doing) };
      break;
  }
  return { kind: 'opaque', source: message };
}

function writeGraph(graph: Graph): GraphProto {
  const message = (graph.source as GraphProto | undefined) ?? create(GraphProtoSchema);
  if (message.name !== graph.name) message.name = graph.name;
  message.input = graph.inputs.map(writeValue);
  message.output = graph.outputs.map(writeValue);
  message.valueInfo = [...graph.valueInfo.values()].map(writeValue);
  message.initializer = [...graph.initializers.values()].map(writeTensor);
  message.node = Array.from(graph.nodes, writeNode);
  return message;
}

function writeNode(node: Node): NodeProto {
  const message =
    (node.source as NodeProto | undefined) ?? create(NodeProtoSchema, { name: node.name, opType: node.op });
  if (node.domain !== domainOf(message.domain)) message.domain = node.domain;
  message.input = [...node.inputs];
  message.output = [...node.outputs];
  const known = new Map(message.attribute.map((a) => [a.name, a]));
  message.attribute = [...node.attributes].map(([name, value]) =>
    writeAttribute(name, value, known.get(name)),
  );
  return message;
}

function writeAttribute(name: string, value: Attribute, known: AttributeProto | undefined): AttributeProto {
  if (value.kind === 'opaque') return value.source as AttributeProto;
  const message = known ?? create(AttributeProtoSchema, { name });
  switch (value.kind) {
    case 'float':
      return Object.assign(message, { type: AttributeType.FLOAT, f: value.value });
    case 'int':
      return Object.assign(message, { type: AttributeType.INT, i: value.value });
    case 'string':
      return Object.assign(message, { type: AttributeType.STRING, s: value.value });
    case 'floats':
      return Object.assign(message, { type: AttributeType.FLOATS, floats: [...value.value] });
    case 'ints':
      return Object.assign(message, { type: AttributeType.INTS, ints: [...value.value] });
    case 'strings':
      return Object.assign(message, { type: AttributeType.STRINGS, strings: [...value.value] });
    case 'tensor':
      return Object.assign(message, { type: AttributeType.TENSOR, t: writeTensor(value.value) });
    case 'graph':
      return Object.assign(message, { type: AttributeType.GRAPH, g: writeGraph(value.value) });
    case 'graphs':
      return Object.assign(message, { type: AttributeType.GRAPHS, graphs: value.value.map(writeGraph) });
  }
}

function writeTensor(tensor: Tensor): TensorProto {
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

function writeValue(value: ValueInfo): ValueInfoProto {
  const message = (value.source as ValueInfoProto | undefined) ?? create(ValueInfoProtoSchema);
  message.name = value.name;
  if (value.type === null) return message;
  const unchanged = value.source !== undefined && sameType(readValue(value.source as ValueInfoProto), value);
  if (unchanged) return message;
  const shape =
    value.dims === null
      ? undefined
      : create(TensorShapeProtoSchema, {
          dim: value.dims.map((dim) => create(TensorShapeProto_DimensionSchema, { value: writeDim(dim) })),
        });
  const tensor = create(TypeProto_TensorSchema, { elemType: value.type, shape });
  message.type = create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } });
  return message;
}

function writeDim(dim: Dim) {
  if (dim === null) return { case: undefined };
  return typeof dim === 'number'
    ? ({ case: 'dimValue', value: BigInt(dim) } as const)
    : ({ case: 'dimParam', value: dim } as const);
}

function sameType(a: ValueInfo, b: ValueInfo): boolean {
  return a.type === b.type && JSON.stringify(a.dims) === JSON.stringify(b.dims);
}
