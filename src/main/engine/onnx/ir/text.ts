/**
 * Small graphs as readable text, for graphs of our own and for tests. Close to ONNX's own textual form:
 *
 *     float32[B, N, 8] x, int64[1] n => float32[B, N, 8] y
 *     float32[8, 8] w
 *     int64[2] shape = {-1, 8}
 *     t = MatMul(x, w)
 *     y = Softmax<axis = -1>(t)
 *     a, b = com.microsoft.Foo<k = 2, scale = 0.5, mode = "same", axes = [0, 1]>(t, , w) "name"
 *
 * Initializers without values are filled by the caller; int8 ones hold 127 times what is filled in. Lines of # are comments.
 */
import { assert } from '../../../../common/errors.ts';
import { type Attribute, attr, Graph, type Model, Node } from './graph.ts';
import { type Dim, ELEMENT, type ElementName, float32Tensor, int64Tensor } from './types.ts';

export interface TextOptions {
  readonly opset?: number;
  /** Values of an initializer given without any. */
  readonly fill?: (name: string, count: number) => Float32Array;
}

const VALUE = /^(\w+)\[([^\]]*)\]\s+([\w./:]+)$/;
const INITIALIZER = /^(float32|int64|int8)\[([^\]]*)\]\s+([\w./:]+)(?:\s*=\s*\{([^}]*)\})?$/;
const NODE = /^([\w./:,\s]+?)\s*=\s*([\w.]+)\s*(?:<(.*)>)?\s*\((.*?)\)\s*(?:"([^"]*)")?$/;

export function parseText(text: string, options: TextOptions = {}): Model {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^\s*#.*$/, '').trim())
    .filter((line) => line !== '');
  const [head = '', ...body] = lines;
  assert(head.includes('=>'), 'the first line gives inputs => outputs');
  const graph = new Graph('text');
  const [inputs, outputs] = head.split('=>') as [string, string];
  graph.inputs.push(...split(inputs).map(value));
  graph.outputs.push(...split(outputs).map(value));
  const opsets = new Map([['', options.opset ?? 17]]);
  for (const line of body) {
    const initializer = INITIALIZER.exec(line);
    if (initializer) addInitializer(graph, initializer, options);
    else addNode(graph, line, opsets);
  }
  return { graph, opsets, irVersion: 8 };
}

function split(list: string): string[] {
  // Commas inside brackets and quotes do not part.
  const parts = list.split(/,(?![^[]*\])(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => part.trim());
  return parts.length === 1 && parts[0] === '' ? [] : parts;
}

function dims(text: string): Dim[] {
  return split(text).map((dim) => (/^\d+$/.test(dim) ? Number(dim) : dim === '?' ? null : dim));
}

function value(text: string) {
  const found = VALUE.exec(text);
  assert(found, `not a value: ${text}`);
  const type = ELEMENT[found[1] as ElementName];
  assert(type !== undefined, `no element type ${found[1]}`);
  return { name: found[3]!, type, dims: dims(found[2]!) };
}

function addInitializer(graph: Graph, found: RegExpExecArray, options: TextOptions): void {
  const [, type, shape, name, values] = found as unknown as [
    string,
    string,
    string,
    string,
    string | undefined,
  ];
  const sizes = dims(shape).map(Number);
  const count = sizes.reduce((product, size) => product * size, 1);
  const given = values === undefined ? null : split(values).map(Number);
  if (type === 'int64') {
    assert(given, `${name} needs values`);
    graph.initializers.set(name, int64Tensor(name, sizes, given));
    return;
  }
  if (type === 'int8') {
    const small = given ?? Array.from(options.fill?.(name, count) ?? [], (v) => Math.round(v * 127));
    const bytes = new Uint8Array(Int8Array.from(small).buffer);
    graph.initializers.set(name, { name, dims: sizes, type: ELEMENT.int8, data: { kind: 'bytes', bytes } });
    return;
  }
  const floats = given ? Float32Array.from(given) : options.fill?.(name, count);
  assert(floats, `${name} needs values`);
  graph.initializers.set(name, float32Tensor(name, sizes, floats));
}

function addNode(graph: Graph, line: string, opsets: Map<string, number>): void {
  const found = NODE.exec(line);
  assert(found, `not a node: ${line}`);
  const [, outputs, full, attributes, inputs, name] = found;
  const dot = full!.lastIndexOf('.');
  const domain = dot < 0 ? '' : full!.slice(0, dot);
  if (domain && !opsets.has(domain)) opsets.set(domain, 1);
  graph.insert(
    new Node({
      op: full!.slice(dot + 1),
      domain,
      name: name ?? `${full!.slice(dot + 1)}_${outputs!.split(',')[0]!.trim()}`,
      inputs: split(inputs!),
      outputs: split(outputs!),
      attributes: new Map(split(attributes ?? '').map(attribute)),
    }),
  );
}

function attribute(text: string): [string, Attribute] {
  const [name, raw] = text.split(/\s*=\s*/, 2) as [string, string];
  const number = (s: string) => Number(s);
  if (raw.startsWith('"')) return [name, attr.string(raw.slice(1, -1))];
  if (raw.startsWith('[')) {
    const items = split(raw.slice(1, -1));
    return [
      name,
      items.some((item) => item.includes('.'))
        ? attr.floats(items.map(number))
        : attr.ints(items.map(number)),
    ];
  }
  return [name, /[.e]/.test(raw) ? attr.float(number(raw)) : attr.int(number(raw))];
}
