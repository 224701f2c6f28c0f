import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editRequest } from '../../src/main/cli/edit-options.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const ASKED = { model: 'tiny', out: 'take.mov', prompt: 'a swan', sourcePrompt: 'a car' };
const controlsOf = (...control: string[]) => editRequest('clip.mov', { ...ASKED, control }).model!.controls;

describe('--control', () => {
  it('names a ControlNet, what it follows, how strictly and when', () => {
    expect(controlsOf('nets/canny.safetensors')).toEqual([{ path: resolve('nets/canny.safetensors') }]);
    expect(
      controlsOf('a.safetensors:soft-edge,scale=0.8,start=0.1,end=0.6', 'b:canny,low=50,high=90,blur=1'),
    ).toEqual([
      { path: resolve('a.safetensors'), condition: 'soft-edge', scale: 0.8, start: 0.1, end: 0.6 },
      { path: resolve('b'), condition: 'canny', low: 50, high: 90, blur: 1 },
    ]);
    expect(controlsOf('a:scale=0.5')).toEqual([{ path: resolve('a'), scale: 0.5 }]);
  });

  it('takes files with commas and colons in their names', () => {
    expect(controlsOf('a:depth,clip=near, or far.mov,scale=1')).toEqual([
      { path: resolve('a'), condition: 'depth', clip: resolve('near, or far.mov'), scale: 1 },
    ]);
    const odd = join(tempFolder(), 'odd:canny');
    writeFileSync(odd, '');
    expect(controlsOf(odd)).toEqual([{ path: odd }]);
  });

  it.each([
    ['a:canny,strength=1', /--control does not know "strength"/],
    ['a:sketch', /--control does not know "sketch"/],
    ['a:canny,scale=much', /scale wants a number, not "much"/],
    ['a:canny,scale=3', /controlnets 0 scale must be 2 or less|scale/i],
    ['a:clip', /has no clip to follow/],
    ['a:canny,low=200,high=100', /begins edges at less contrast/],
  ])('%s is refused in words', (text, message) => {
    expect(() => controlsOf(text)).toThrow(message);
  });
});
