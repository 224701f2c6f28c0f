import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { projectDocument } from '../../src/common/project/document.ts';
import { FORMAT, readDocument, upgrades, writeDocument } from '../../src/common/project/format.ts';

const folder = join(import.meta.dirname, '../helpers/document-formats');

/** What a document may hold: every key with its kinds and its fixed values. Bounds and defaults are left out. */
function shapeOf(schema: unknown, path = ''): string[] {
  if (Array.isArray(schema)) return schema.flatMap((one) => shapeOf(one, path));
  const node = schema as Record<string, unknown>;
  const own = [node.type, node.const ?? node.enum].filter((one) => one !== undefined);
  const lines = own.length > 0 ? [`${path || 'document'} ${own.map(String).join(' ')}`] : [];
  for (const branch of ['anyOf', 'oneOf', 'allOf']) lines.push(...shapeOf(node[branch] ?? [], path));
  for (const [key, one] of Object.entries((node.properties ?? {}) as object))
    lines.push(...shapeOf(one, `${path}.${key}`));
  if (node.items) lines.push(...shapeOf(node.items, `${path}[]`));
  if (node.additionalProperties instanceof Object)
    lines.push(...shapeOf(node.additionalProperties, `${path}{}`));
  return lines;
}

test('what a document holds is what its format says; a change of it is a new format with an upgrade', () => {
  const shape = shapeOf(z.toJSONSchema(projectDocument));
  const written = readFileSync(join(folder, `${FORMAT}.txt`), 'utf8')
    .trim()
    .split('\n');
  // Raise FORMAT, add the upgrade, keep the files of older formats, and write the new shape beside them.
  const isSetting = (line: string) => /\.settings\./.test(line);
  expect(shape.filter((line) => !isSetting(line))).toEqual(written.filter((line) => !isSetting(line)));
  // A new setting needs none of that: it has a default, and a Retake without it knows the document as newer (below).
  expect(shape).toEqual(expect.arrayContaining(written));
});

describe('documents of older formats', () => {
  const formats = Array.from({ length: FORMAT }, (_, index) => index + 1);

  it.each(formats)('opens one of format %i with all that it says', (format) => {
    const text = readFileSync(join(folder, `${format}.json`), 'utf8');
    const document = readDocument(text);
    expect(document).toEqual(readDocument(readFileSync(join(folder, `${FORMAT}.json`), 'utf8')));
    expect(readDocument(writeDocument(document))).toEqual(document);
  });

  it('has one upgrade for each', () => {
    expect(Object.keys(upgrades).map(Number)).toEqual(formats.slice(0, -1));
  });
});

describe('prompts of before words could be weighted', () => {
  interface Settings {
    prompts: Record<string, unknown>;
  }
  const saved = (prompts: object) => {
    const document = JSON.parse(readFileSync(join(folder, `${FORMAT}.json`), 'utf8'));
    const all: Settings[] = [
      ...document.timeline.map((one: { settings?: Settings }) => one.settings),
      ...Object.values(document.takes as Record<string, { settings?: Settings }>).map((one) => one.settings),
    ].filter(Boolean);
    for (const settings of all) Object.assign(settings.prompts, prompts);
    return readDocument(JSON.stringify(document));
  };
  const weightingsOf = (document: ReturnType<typeof readDocument>) => {
    const shots = document.timeline.flatMap((one) => ('settings' in one ? [one.settings] : []));
    const takes = Object.values(document.takes).map(({ settings }) => settings);
    return [...new Set([...shots, ...takes].map(({ prompts }) => prompts.weighting))];
  };

  it('are the plain text that they were, in shots and takes; where there are no marks they may be weighted', () => {
    expect(weightingsOf(saved({ source: 'a car', target: 'a (red) car', negative: '' }))).toEqual(['off']);
    expect(weightingsOf(saved({ source: 'a car', target: 'a car', negative: 'BREAK' }))).toEqual(['off']);
    expect(weightingsOf(saved({ source: 'a car', target: 'a red car', negative: '' }))).toEqual(['a1111']);
  });

  it('are what the artist has said since then', () => {
    const said = saved({ target: 'a (red) car', weighting: 'comfy' });
    expect(weightingsOf(said)).toEqual(['comfy']);
    expect(readDocument(writeDocument(said))).toEqual(said);
    const off = saved({ target: 'a (red) car' });
    expect(readDocument(writeDocument(off))).toEqual(off);
  });
});

describe('a document of a newer Retake', () => {
  const whole = () => JSON.parse(readFileSync(join(folder, `${FORMAT}.json`), 'utf8'));

  it('is told by its format', () => {
    expect(() => readDocument(JSON.stringify({ ...whole(), format: FORMAT + 1 }))).toThrow(
      expect.objectContaining({ code: 'project-unreadable', message: expect.stringContaining('newer') }),
    );
  });

  it.each([
    ['a setting of a shot', (one: ReturnType<typeof whole>) => (one.timeline[0].settings.sharpness = 1)],
    [
      'a part of a take',
      (one: ReturnType<typeof whole>) => (Object.values(one.takes as object)[0].tint = 'red'),
    ],
    [
      'a part of a clip',
      (one: ReturnType<typeof whole>) => (Object.values(one.clips as object)[0].reel = 'A1'),
    ],
    ['a part of a gap', (one: ReturnType<typeof whole>) => (one.timeline[1].colour = 'red')],
    ['a part of the project', (one: ReturnType<typeof whole>) => (one.bins = [])],
  ])('is told by %s that this one does not know', (_, add) => {
    const document = whole();
    delete document.format;
    add(document);
    expect(() => readDocument(JSON.stringify(document))).toThrow(
      expect.objectContaining({ code: 'project-unreadable', message: expect.stringContaining('newer') }),
    );
  });
});

describe('what is no document', () => {
  it.each([
    '',
    'null',
    '[]',
    '1',
    '{',
    '{}',
    '{"format":0}',
    '{"format":"2"}',
    '{"format":1.5}',
    '{"format":-3}',
  ])('refuses %s', (text) => {
    expect(() => readDocument(text)).toThrow(expect.objectContaining({ code: 'project-unreadable' }));
  });

  it.each(['constructor', 'toString', 'hasOwnProperty'])('refuses an entry named %s', (name) => {
    const document = JSON.parse(readFileSync(join(folder, `${FORMAT}.json`), 'utf8'));
    const [clip] = Object.values<object>(document.clips);
    const text = JSON.stringify(document).replace(
      '"clips":{',
      `"clips":{"${name}":${JSON.stringify({ ...clip, id: name })},`,
    );
    expect(() => readDocument(text)).toThrow(expect.objectContaining({ code: 'project-unreadable' }));
  });
});
