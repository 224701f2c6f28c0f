/** How weights are held: by size, provider and wish alone; and what gives other bits has another digest. */
import { describe, expect, it } from 'vitest';
import {
  chooseSession,
  digestWithSession,
  type SessionWish,
  weightsInFile,
} from '../../src/main/engine/models/session-choice.ts';
import { Graph } from '../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';

const MB = 2 ** 20;
const SMALL = { full: 200 * MB, half: false, inPlace: true };
const LARGE = { full: 3300 * MB, half: false, inPlace: true };
const EXPORT = { full: 3300 * MB, half: false, inPlace: false };
const HALF = { full: 0, half: true, inPlace: true };
const ALL = [SMALL, LARGE, EXPORT, HALF];

const cpu = (memory?: SessionWish['memory']): SessionWish => ({ provider: 'cpu', memory });

describe('chooseSession', () => {
  it('leaves large weights in their file, and copies them where memory may be spent', () => {
    expect(chooseSession(LARGE, cpu('auto')).lowMemory).toBe(true);
    expect(chooseSession(LARGE, cpu('fast'))).toEqual({});
    expect(chooseSession(EXPORT, cpu('auto'))).toEqual({ plainConvolutions: true });
    expect(chooseSession(EXPORT, cpu('fast'))).toEqual({});
    expect(chooseSession(HALF, cpu('auto')).keepHalf).toBe(true);
    expect(chooseSession(HALF, cpu('fast')).keepHalf).toBe(false);
  });

  it('runs small networks alike whatever is asked for', () => {
    expect(chooseSession(SMALL, cpu('auto'))).toEqual(chooseSession(SMALL, cpu('fast')));
  });

  it('leaves other providers to hold weights in their own way', () => {
    for (const memory of ['auto', 'fast'] as const)
      for (const weights of ALL) expect(chooseSession(weights, { provider: 'cuda', memory })).toEqual({});
  });
});

describe('digestWithSession', () => {
  const digest = (weights: typeof SMALL, wish: SessionWish) => digestWithSession('own', weights, wish);

  it('is the own one wherever the bits are what they were before there was a choice', () => {
    expect(digest(SMALL, cpu('auto'))).toBe('own');
    expect(digest(SMALL, cpu('fast'))).toBe('own');
    expect(digest(LARGE, cpu('fast'))).toBe('own');
    expect(digest(HALF, cpu('auto'))).toBe('own');
    expect(digest(LARGE, { provider: 'webgpu', memory: 'auto' })).toBe('own');
    for (const weights of ALL) expect(digest(weights, cpu())).toBe('own');
  });

  it('is another one for each choice that gives other bits', () => {
    const others = [digest(LARGE, cpu('auto')), digest(EXPORT, cpu('auto')), digest(HALF, cpu('fast'))];
    expect(new Set(['own', ...others]).size).toBe(4);
  });
});

describe('weightsInFile', () => {
  const read = (type: number, written: boolean) => {
    const graph = new Graph('network');
    const length = 150 * MB;
    const dims = [length / (type === ELEMENT.float32 ? 4 : 2)];
    for (const name of ['a', 'b'])
      graph.addInitializer({
        ...{ name, type, dims },
        data: { kind: 'external', location: 'weights', offset: 0, length },
      });
    const model = { graph, opsets: new Map([['', 17]]), irVersion: 8 };
    return weightsInFile({ source: written ? { also: 'network' } : {}, graph: { model } });
  };

  it('adds up what is stored in float32', () => {
    expect(read(ELEMENT.float32, true)).toEqual({ full: 300 * MB, half: false, inPlace: true });
  });

  it('tells half precision of checkpoints; exports of it are run as they were made', () => {
    expect(read(ELEMENT.float16, true)).toEqual({ full: 0, half: true, inPlace: true });
    expect(read(ELEMENT.float16, false)).toEqual({ full: 0, half: false, inPlace: false });
  });
});
