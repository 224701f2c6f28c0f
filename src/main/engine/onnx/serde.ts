/**
 * ONNX protobuf to graph and back. The protobuf message stays behind each element as its `source`, so fields the
 * passes do not know (also ones newer than our .proto) are written back as they were read.
 */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AppError } from '../../../common/errors.ts';
import { type Attribute, Graph, type Model, Node } from './ir/graph.ts';
import { CycleError, sortNodes } from './ir/sort.ts';
import type { Dim, ValueInfo } from './ir/types.ts';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  ValueInfoProto,
} from './proto/gen/onnx_pb.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from './proto/gen/onnx_pb.js';
import { readTensor, writeTensor } from './serde-tensor.ts';

/**
 * @param bytes a serialized ModelProto; tensors keep views of it.
 * @throws AppError bundle-invalid when the bytes are not an ONNX model.
 */
export function parseModel(bytes: Uint8Array, label = 'the model'): Model {
  return readModel(decodeModel(bytes, label), label);
}

/** The message as it was written. @throws AppError bundle-invalid when the bytes are none */
export function decodeModel(bytes: Uint8Array, label: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new AppError('bundle-invalid', 'the file is damaged or not an ONNX model', {
      doing: `reading ${label}`,
      hint: 'Download it again.',
      cause,
    });
  }
}

/** @throws AppError bundle-invalid when the message holds no sound graph */
export function readModel(message: ModelProto, label: string): Model {
  const doing = `reading ${label}`;
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
    sortNodes(graph);
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
