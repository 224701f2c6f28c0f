import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainText, said, triggerWords } from '../../src/main/engine/library/metadata.ts';

const told = (values: Record<string, string>) => new Map(Object.entries(values));

describe('trigger words', () => {
  test('are the tags of all folders, most frequent first, behind what the file names itself', () => {
    const frequency = JSON.stringify({
      '10_ink': { 'ink drawing': 30, woman: 4 },
      '2_more': { woman: 40, ' ink drawing ': 1 },
    });
    expect(triggerWords(told({ ss_tag_frequency: frequency }))).toEqual(['woman', 'ink drawing']);
    const named = { ss_tag_frequency: frequency, 'modelspec.trigger_phrase': 'inkstyle, woman' };
    expect(triggerWords(told(named))).toEqual(['inkstyle', 'woman', 'ink drawing']);
  });

  test.each(['', 'None', '[]', '{"a": 3}', '{"a": {"b": "much", "c": -1, "d": null}}', '{"a"', 'null'])(
    'are none in %s',
    (text) => expect(triggerWords(told({ ss_tag_frequency: text }))).toEqual([]),
  );

  test('are few and short however many there are', () => {
    const tags = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`${i}${'x'.repeat(300)}`, 1 + i]),
    );
    const words = triggerWords(told({ ss_tag_frequency: JSON.stringify({ a: { ...tags, first: 1e6 } }) }));
    expect(words.length).toBeLessThanOrEqual(40);
    expect(words[0]).toBe('first');
    expect(Math.max(...words.map((word) => word.length))).toBeLessThanOrEqual(100);
  });
});

test('what a file says is plain text of one line, whatever it is', () => {
  expect(plainText('a\u0000b\n\tc \u202eevil\u2066')).toBe('a b c evil');
  expect(said(told({ a: 'None', b: ' x ' }), 'a', 'b')).toBe('x');
  expect(said(told({}), 'a')).toBeNull();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      const plain = plainText(text);
      expect(plain.length).toBeLessThanOrEqual(200);
      expect(plain).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
