import { expect, it } from 'vitest';
import { childOf, element, readXml, textIn, writeXml } from '../../src/common/interchange/xml.ts';

const read = (text: string) => readXml(text, 'reading', 'Give a timeline.');

it('what is written is read: names, attributes and texts with every character that XML can hold', () => {
  const odd = 'a & b <c> "d" \'e\' ü 漢 🎬 ]]> &amp; &#65; %20';
  const tree = element(
    'root',
    { version: 4, none: null, odd, lines: 'one\ntwo' },
    element('name', {}, odd),
    element('empty'),
  );
  const text = writeXml(tree, 'root');
  expect(text).toContain('<!DOCTYPE root>');
  expect(read(text)).toEqual(tree);
  expect(textIn(read(text), 'name')).toBe(odd);
  expect(childOf(read(text), 'nothing', 'below')).toBeUndefined();
});

it('characters that XML cannot hold are left out', () => {
  expect(textIn(read(writeXml(element('a', {}, 'x\u0000\u000b\uFFFEy'))))).toBe('xy');
});

it.each([
  ['no XML', 'TITLE: a list', /no XML/],
  ['half a file', '<a><b></a>', /no XML/],
  ['nothing', '<?xml version="1.0"?>', /nothing|no XML/],
  ['entities of its own', '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>', /entities/],
])('%s is refused', (_, text, why) => {
  expect(() => read(text)).toThrow(why);
});

it('reads texts in CDATA', () => {
  expect(textIn(read('<a><b><![CDATA[x < y]]></b></a>'), 'b')).toBe('x < y');
});
