import { describe, expect, it } from 'vitest';
import { sortNodes } from '../../src/main/engine/onnx/ir/sort.ts';
import { parseText } from '../../src/main/engine/onnx/ir/text.ts';
import { prune } from '../../src/main/engine/onnx/passes/prune.ts';
import { applied } from '../helpers/passes.ts';
import { printText } from '../helpers/print-graph.ts';

const TEXT = `float32[B, 4] x => float32[B, 4] y
float32[4] w = {1, 2, 3, 4}
a = Relu(x)
b = Add(a, a)
y = Mul<k = 2, f = 0.5, s = "m", l = [1, -2]>(b, w)`;

describe('graph', () => {
  it('is printed as it was written', () => {
    const { graph } = parseText(TEXT);
    expect(printText(graph)).toBe(TEXT.replace(' = {1, 2, 3, 4}', ''));
  });

  it('knows makers and readers, also of a value read twice', () => {
    const { graph } = parseText(TEXT);
    const add = graph.producer('b')!;
    expect(graph.consumers('a')).toEqual([add]);
    graph.setInput(add, 0, 'x');
    expect(graph.consumers('a')).toEqual([add]);
    graph.setInput(add, 1, 'x');
    expect(graph.consumers('a')).toEqual([]);
    expect(graph.consumers('x').map((node) => node.op)).toEqual(['Relu', 'Add']);
  });

  it('gives names that nothing has', () => {
    const { graph } = parseText(TEXT);
    expect(graph.unique('y')).toBe('y_1');
    expect(graph.unique('y')).toBe('y_2');
    expect(graph.unique('w')).toBe('w_1');
    expect(graph.unique('x')).toBe('x_1');
    expect(graph.addNode('Relu', ['x'])).not.toBe(graph.addNode('Relu', ['x']));
  });

  it('sorts what was added out of order, and leaves the rest', () => {
    const { graph } = parseText(TEXT);
    const late = graph.addNode('Neg', ['x']);
    graph.setInput(graph.producer('a')!, 0, late);
    sortNodes(graph);
    expect(Array.from(graph.nodes, (node) => node.op)).toEqual(['Neg', 'Relu', 'Add', 'Mul']);
  });

  it('finds a cycle instead of looping', () => {
    const { graph } = parseText(TEXT);
    graph.setInput(graph.producer('a')!, 0, 'b');
    expect(() => sortNodes(graph)).toThrow(/cycle/);
  });

  it('refuses two makers of one value', () => {
    const { graph } = parseText(TEXT);
    expect(() => graph.addNode('Relu', ['x'], {}, { outputs: ['a'] })).toThrow(/made twice/);
  });

  it('replaces a value for all its readers', () => {
    const { graph } = parseText(TEXT);
    graph.replaceUses('a', 'x');
    expect(graph.producer('b')!.inputs).toEqual(['x', 'x']);
    expect(graph.consumers('a')).toEqual([]);
  });
});

describe('prune', () => {
  it('removes chains nobody reads and their weights, and keeps the inputs', () => {
    const model = parseText(`float32[4] x, float32[4] unused => float32[4] y
      float32[4] w = {1, 2, 3, 4}
      float32[4] dead = {1, 2, 3, 4}
      y = Add(x, w)
      a = Mul(x, dead)
      b = Relu(a)
      c = Neg(b)`);
    const { graph } = model;
    expect(applied(model, prune)).toEqual({ nodes: 3, initializers: 1 });
    expect(Array.from(graph.nodes, (node) => node.op)).toEqual(['Add']);
    expect([...graph.initializers.keys()]).toEqual(['w']);
    expect(graph.inputs.map((input) => input.name)).toEqual(['x', 'unused']);
    expect(applied(model, prune)).toEqual({ nodes: 0, initializers: 0 });
  });

  it('keeps a node of which one output is read', () => {
    const model = parseText(`float32[4] x => float32[2] a
      a, b = Split<axis = 0>(x)
      c = Relu(b)`);
    const { graph } = model;
    expect(applied(model, prune)).toEqual({ nodes: 1, initializers: 0 });
    expect(graph.nodeCount).toBe(1);
  });
});
