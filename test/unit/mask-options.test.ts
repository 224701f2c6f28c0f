import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { maskOf } from '../../src/main/cli/mask-options.ts';
import { tempFolder } from '../helpers/clips.ts';

const folder = tempFolder();
afterAll(() => folder[Symbol.dispose]());

describe('the mask of the command line', () => {
  it('is none where nothing is asked for', () => {
    expect(maskOf([['mask', undefined]])).toBeUndefined();
  });

  it('is made of shapes, in the order in which they are given', () => {
    const mask = maskOf([
      ['mask-rectangle', ['10,20,30,40', '0,0,5,5.5']],
      ['mask-ellipse', ['1,2,3,4']],
      ['mask-invert', true],
      ['mask-grow', '-3'],
      ['mask-feather', '8'],
    ])!;
    expect(mask).toMatchObject({ invert: true, grow: -3, feather: 8 });
    expect(mask.parts.map(({ kind }) => kind)).toEqual(['rectangle', 'rectangle', 'ellipse']);
    expect(mask.parts[0]).toMatchObject({ keys: [{ x: 10, y: 20, width: 30, height: 40, angle: 0 }] });
  });

  it('is a matte, by its brightness unless its transparency is asked for', () => {
    expect(maskOf([['mask', '/m.####.png']])?.parts).toEqual([
      { id: 'matte', mode: 'add', kind: 'matte', path: '/m.####.png', channel: 'luma', offset: 0 },
    ]);
    const alpha = maskOf([
      ['mask', '/m.mov'],
      ['mask-channel', 'alpha'],
    ]);
    expect(alpha?.parts[0]).toMatchObject({ channel: 'alpha' });
  });

  it('is read from a file, whose mattes lie beside it, and whose edge options change', () => {
    mkdirSync(folder.at('masks'));
    const file = folder.at('masks/one.json');
    const parts = [{ id: 'a', kind: 'matte', path: 'roto.mov', channel: 'alpha' }];
    writeFileSync(file, JSON.stringify({ feather: 4, grow: 2, parts }));
    const mask = maskOf([
      ['mask', file],
      ['mask-feather', '9'],
      ['mask-ellipse', ['1,2,3,4']],
    ]);
    expect(mask).toMatchObject({ feather: 9, grow: 2, invert: false });
    expect(mask?.parts[0]).toMatchObject({ path: folder.at('masks/roto.mov') });
    expect(mask?.parts[1]).toMatchObject({ kind: 'ellipse' });
  });

  it('is refused in one line that names what is wrong', () => {
    const file = folder.at('wrong.json');
    const refused = (json: string) => {
      writeFileSync(file, json);
      return () => maskOf([['mask', file]]);
    };
    expect(refused('{')).toThrow(`the mask ${file} is not JSON`);
    expect(refused('{"parts":[{"id":"a","kind":"star"}]}')).toThrow(`the mask ${file}: parts 0`);
    expect(refused('{"parts":[]}')).toThrow('are none yet');
    expect(() => maskOf([['mask', folder.at('none.json')]])).toThrow('none.json is not there');
    expect(() => maskOf([['mask-rectangle', ['1,2,3']]])).toThrow('left, top, width and height');
    expect(() => maskOf([['mask-rectangle', ['1,2,0,4']]])).toThrow('left, top, width and height');
    expect(() => maskOf([['mask-feather', '4']])).toThrow('--mask-feather has no mask');
    expect(() =>
      maskOf([
        ['mask-ellipse', ['1,2,3,4']],
        ['mask-grow', 'x'],
      ]),
    ).toThrow('--mask-grow wants a number, not "x"');
    expect(() =>
      maskOf([
        ['mask-ellipse', ['1,2,3,4']],
        ['mask-channel', 'alpha'],
      ]),
    ).toThrow('--mask-channel is for a matte');
    expect(() =>
      maskOf([
        ['mask', '/m.mov'],
        ['mask-channel', 'red'],
      ]),
    ).toThrow('must be alpha or luma');
  });
});
