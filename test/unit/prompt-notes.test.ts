/** Special writing of other programs is told; ordinary prompts are left in peace. */
import { describe, expect, it } from 'vitest';
import { promptNotes, syntaxNotes as syntaxNotesOf, unreadNegative } from '../../src/common/prompt-notes.ts';
import { shotWith } from '../helpers/job-settings.ts';

const none: readonly string[] = [];
/** As prompts of before are read. */
const syntaxNotes = (text: string) => syntaxNotesOf(text, { weighting: 'off', embeddings: none });
const asA1111 = (text: string, embeddings = none) => syntaxNotesOf(text, { weighting: 'a1111', embeddings });
const asComfy = (text: string) => syntaxNotesOf(text, { weighting: 'comfy', embeddings: none });

describe('writing for other programs', () => {
  it.each([
    ['a (red:1.3) car', '(red:1.3)'],
    ['a (red car, shiny : 1.25), road', '(red car, shiny : 1.25)'],
    ['(sd15 style:0.8)', '(sd15 style:0.8)'],
    ['a (cat:-1) on a mat', '(cat:-1)'],
    ['((masterpiece)), best quality', '((masterpiece))'],
    ['(((extremely detailed)))', '((extremely detailed)))'],
    ['a [blurry] photo', '[blurry]'],
    ['a [cat:dog:0.5] sitting', '[cat:dog:0.5]'],
    ['a [red|blue] car', '[red|blue]'],
    ['a {red|blue|green} car', '{red|blue|green}'],
    ['a {beautiful} car', '{beautiful}'],
    ['<lora:filmGrain_v2:0.7>, a street', '<lora:filmGrain_v2:0.7>'],
    ['a street <LYCO:x>', '<LYCO:x>'],
    ['a street, embedding:EasyNegative', 'embedding:EasyNegative'],
    ['a girl, red dress BREAK a forest', 'BREAK'],
    ['a red car,\nBREAK\nsnow', 'BREAK'],
    ['a cat AND a dog', 'AND'],
    ['a __colour__ car', '__colour__'],
    ['hot dog::2 animal', 'g::2'],
    ['a castle --ar 16:9', '--ar 16:9'],
    ['a castle --no trees', '--no trees'],
    ['a (fluffy)++ cat', ')+'],
    ['a fluffy++ cat', 'fy++'],
    ['hatsune miku \\(cosplay\\)', '\\('],
  ])('%s', (text, found) => {
    const notes = syntaxNotes(text);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`“${found}”`);
    expect(notes[0]).toContain('is read as plain text');
  });

  it('names every kind once, with how many there are', () => {
    const notes = syntaxNotes('(red:1.3) (blue:0.7) ((green)) car [old] <lora:a:1>');
    expect(notes).toHaveLength(3);
    expect(notes.join()).toMatch(
      /“\(red:1\.3\)” and 2 more is read as plain text: brackets in prompts are off/,
    );
  });

  it('cuts a long one short', () => {
    expect(syntaxNotes(`<lora:${'x'.repeat(500)}:1>`)[0]!.length).toBeLessThan(120);
  });

  it('takes no time for hostile text', () => {
    const began = performance.now();
    for (const piece of ['(', '((', '[', '(a:', '(a 1:', '{', '__', '<lora:', '--ar ', 'a::', ' AND '])
      syntaxNotes(piece.repeat(4000 / piece.length));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('where brackets stress words', () => {
  it.each([
    'a (red:1.3) car',
    '((masterpiece)), best quality',
    'a [blurry] photo',
    'a girl BREAK a forest',
    'hatsune miku \\(cosplay\\)',
  ])('nothing is said of %s', (text) => {
    expect(asA1111(text)).toEqual([]);
  });

  it('is said what is read otherwise than where it comes from', () => {
    expect(asA1111('a [cat:dog:0.5], [red|blue]')).toEqual([
      '“[cat:dog:0.5]” and 1 more is read as plain text: words do not change while a picture is made',
    ]);
    expect(asA1111('a cat AND a dog')[0]).toContain('prompts are not joined by it');
    expect(asA1111('a fluffy++ cat')[0]).toContain('words are weighted as (word:1.3)');
    expect(asComfy('(red:1.3) \\(x\\) car')).toEqual([]);
    expect(asComfy('a [blurry] photo BREAK snow')).toHaveLength(2);
  });

  it('is said where a time of day or a ratio becomes a weight', () => {
    const note = (words: string, times: number) =>
      `“${words}” is made ${times} times as strong; for a plain bracket write \\( and \\)`;
    expect(asA1111('a clock (showing 12:30), macro')).toEqual([note('showing 12', 30)]);
    expect(asComfy('a page (John 3:16)')).toEqual([note('John 3', 16)]);
    expect(syntaxNotes('a page (John 3:16)')).toEqual([]);
  });

  it('is said which embedding is not chosen', () => {
    expect(asA1111('a street, embedding:EasyNegative.', ['easynegative', 'toy'])).toEqual([]);
    expect(asA1111('embedding:toy2.safetensors', ['toy'])[0]).toContain('no embedding of this name');
  });
});

describe('ordinary prompts', () => {
  it.each([
    'a red matte ball rolling across a green meadow',
    'a man (smiling) walks his dog, golden hour',
    'portrait of an old sailor, 85mm, f/1.8, ISO 200, film grain',
    'wide shot (16:9) of a bridge at 10:30',
    'a clock (showing 12:30), macro',
    'a page of a book (John 3:16)',
    'a map, scale (1:1.5)',
    'black and white; rock and roll',
    'a neon sign that says COFFEE BREAK',
    'a banner: BREAK THE RULES',
    'lettering "BREAK" on a wall',
    'a door with a sign "[OPEN]"',
    'A CAT AND A DOG',
    'C++ code on a screen, 18+ sign',
    'Grüße aus Köln – ein Café; café & bar',
    "rock'n'roll, it's 5 o'clock :-)",
    'dog–cat hybrid -- a strange animal',
    '一只猫（红色）在桌子上',
    'кот на столе (рыжий), вечер',
    'emoji 🚗 on a road (night)',
    'a face: tired, wet; eyes: green',
    'ratio 3:2, take 2',
    'I <3 you, written on a wall',
    'snake_case and kebab-case, a__b',
    '',
  ])('%s', (text) => {
    expect(syntaxNotes(text)).toEqual([]);
  });
});

describe('a negative prompt that nothing reads', () => {
  const asked = { prompt: 'a', sourcePrompt: 'b', negativePrompt: 'blur', guidance: 7.5, keep: 0 };
  const settings = shotWith(asked);
  it('is told at guidance 1 and beside keep', () => {
    expect(unreadNegative(settings)).toBeNull();
    expect(unreadNegative(shotWith({ ...asked, guidance: 1 }))).toMatch(
      /not read at “Prompt strength” \(guidance\) 1/,
    );
    expect(unreadNegative(shotWith({ ...asked, keep: 0.5 }))).toMatch(
      /leads away from “What the clip shows” \(source-prompt\)/,
    );
    expect(unreadNegative(shotWith({ ...asked, guidance: 1, negativePrompt: ' ' }))).toBeNull();
  });

  it('and so is a prompt at guidance 0', () => {
    expect(promptNotes(shotWith({ ...asked, guidance: 0 }))).toEqual([
      expect.stringMatching(/\(guidance\) 0 the prompt/),
    ]);
    const ofBefore = shotWith({
      ...asked,
      negativePrompt: 'a (bad:1.2) hand',
      prompts: { weighting: 'off' },
    });
    expect(promptNotes(ofBefore)).toEqual([
      expect.stringMatching(/^“What to avoid” \(negative-prompt\): “\(bad:1\.2\)” is read as plain text/),
    ]);
  });
});
