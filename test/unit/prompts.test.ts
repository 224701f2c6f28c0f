/** Prompts as they are typed: what brackets, strokes and BREAK mean in whose words. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  hasMarks,
  parsePrompt,
  plainWords,
  WEIGHTINGS,
  type Weighting,
} from '../../src/common/prompts/prompt.ts';

const sections = (text: string, weighting: Weighting) =>
  parsePrompt(text, weighting).map((pieces) => pieces.map(({ text, weight }) => [text, weight]));
const a1111 = (text: string) => sections(text, 'a1111');
const comfy = (text: string) => sections(text, 'comfy')[0];

/** Numbers of the docstring of modules/prompt_parser.py and of its doctests, and what follows from its code. */
describe('as A1111 reads them', () => {
  it.each<[string, unknown]>([
    ['normal text', [['normal text', 1]]],
    [
      'an (important) word',
      [
        ['an ', 1],
        ['important', 1.1],
        [' word', 1],
      ],
    ],
    ['(unbalanced', [['unbalanced', 1.1]]],
    ['\\(literal\\]', [['(literal]', 1]]],
    ['(unnecessary)(parens)', [['unnecessaryparens', 1.1]]],
    [
      'a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).',
      [
        ['a ', 1],
        ['house', 1.5730000000000004],
        [' ', 1.1],
        ['on', 1],
        [' a ', 1.1],
        ['hill', 0.55],
        [', sun, ', 1.1],
        ['sky', 1.4641000000000006],
        ['.', 1.1],
      ],
    ],
    ['[[word', [['word', 1 / 1.1 / 1.1]]],
    ['word) and]', [['word) and]', 1]]],
    ['a :1.3) b', [['a :1.3) b', 1]]],
    ['(a:-1)', [['a', -1]]],
    ['(a : .5 )', [['a ', 0.5]]],
    ['(a:b:1.5)', [['a:b', 1.5]]],
    ['[a:0.5]', [['a:0.5', 1 / 1.1]]],
    ['(16:9.1.1)', [['16:9.1.1', 1.1]]],
    ['(a:.)', [['a:.', 1.1]]],
    ['back\\slash \\\\ end\\', [['backslash \\ end', 1]]],
    ['()', []],
    ['', []],
  ])('%s', (text, pieces) => {
    expect(a1111(text)).toHaveLength(1);
    const [got] = a1111(text) as [[string, number][]];
    expect(got.map(([words]) => words)).toEqual((pieces as [string, number][]).map(([words]) => words));
    for (const [i, [, weight]] of (pieces as [string, number][]).entries())
      expect(got[i]![1]).toBeCloseTo(weight, 12);
  });

  it('ends a chunk at BREAK, inside of brackets too, and nowhere else', () => {
    expect(a1111('a red car BREAK\n snow')).toEqual([[['a red car', 1]], [['snow', 1]]]);
    expect(a1111('(a BREAK b:1.2) c')).toEqual([
      [['a', 1.2]],
      [
        ['b', 1.2],
        [' c', 1],
      ],
    ]);
    expect(a1111('BREAK a BREAK BREAK')).toEqual([[], [['a', 1]], [], []]);
    expect(a1111('BREAKING break ÉBREAK BREAK_')).toHaveLength(1);
  });
});

describe('as ComfyUI reads them', () => {
  it.each<[string, unknown]>([
    [
      'an (important) word',
      [
        ['an ', 1],
        ['important', 1.1],
        [' word', 1],
      ],
    ],
    ['((a))', [['a', 1.1 * 1.1]]],
    [
      '((a:1.3) b)',
      [
        ['a', 1.3],
        [' b', 1.1],
      ],
    ],
    ['(a:1e-1)', [['a', 0.1]]],
    ['(a:b)', [['a:b', 1.1]]],
    ['[word] BREAK x', [['[word] BREAK x', 1]]],
    ['(unbalanced', [['(unbalanced', 1]]],
    ['un) (balanced)', [['un) (balanced)', 1]]],
    ['((a)', [['(a', 1.1]]],
    [
      'a \\(b\\) (c)',
      [
        ['a (b) ', 1],
        ['c', 1.1],
      ],
    ],
    ['(\\(b\\):2)', [['(b)', 2]]],
    ['back\\slash', [['back\\slash', 1]]],
    ['(:1.5)', [[':1.5', 1.1]]],
  ])('%s', (text, pieces) => {
    expect(comfy(text)).toEqual(pieces);
  });
});

test('what is measured is what the prompt says', () => {
  expect(plainWords('a (red:1.3) [old] car BREAK \\(snow\\)', 'a1111')).toBe('a red old car (snow)');
  expect(plainWords('a (red:1.3) [old] car', 'comfy')).toBe('a red [old] car');
  expect(plainWords('a (red:1.3) car', 'off')).toBe('a (red:1.3) car');
});

describe('of whatever is typed', () => {
  const typed = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc
      .array(
        fc.constantFrom('(', ')', '[', ']', ':', '1.3', '-2', '\\', 'BREAK', ' ', 'word', ',', '.', 'é'),
        {
          maxLength: 40,
        },
      )
      .map((parts) => parts.join('')),
  );

  it('something finite comes of it, and no empty words', () => {
    fc.assert(
      fc.property(typed, fc.constantFrom(...WEIGHTINGS), (text, weighting) => {
        const found = parsePrompt(text, weighting);
        expect(found.length).toBeGreaterThan(0);
        for (const { text: words, weight } of found.flat()) {
          expect(Number.isFinite(weight)).toBe(true);
          if (weighting !== 'off') expect(words).not.toBe('');
        }
      }),
    );
  });

  it('without marks it is its text, whoever reads it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), (text) => {
        const plain = text.replace(/[()[\]\\]|BREAK/g, '');
        for (const weighting of WEIGHTINGS) expect(hasMarks(plain, weighting)).toBe(false);
        expect(hasMarks(text, 'off')).toBe(false);
      }),
    );
  });

  it('escaped, it is its text again', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        fc.pre(!text.includes('BREAK'));
        const escaped = text.replace(/[()[\]\\]/g, '\\$&');
        expect(a1111(escaped)).toEqual([text === '' ? [] : [[text, 1]]]);
      }),
    );
  });

  it('brackets around all of it multiply what is in it', () => {
    const balanced = fc
      .array(fc.constantFrom('word ', '(strong) ', '[weak] ', '(set:1.3) ', 'one, two '), { minLength: 1 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(balanced, (text) => {
        const [inner, outer] = [a1111(text)[0]!, a1111(`(${text}:2)`)[0]!];
        expect(outer.map(([words]) => words)).toEqual(inner.map(([words]) => words));
        for (const [i, [, weight]] of outer.entries())
          expect(weight).toBeCloseTo(2 * Number(inner[i]![1]), 10);
      }),
    );
  });

  it('takes no time', () => {
    const began = performance.now();
    for (const piece of ['(', '((a)', '[', '\\', ':', '(a:1.', ' ', 'BREAK ', ')', '(a:1)'])
      for (const weighting of WEIGHTINGS) parsePrompt(piece.repeat(4000 / piece.length), weighting);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
