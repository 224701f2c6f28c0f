import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countOf,
  familyOf,
  GUIDANCE_LABEL,
  guidancesOf,
  promptsOf,
  seedsOf,
  variationsOf,
} from '../../src/common/project/variations.ts';
import { variedWords } from '../../src/renderer/takes/differ.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { takeOf } from '../helpers/projects.ts';

const own = shotWith({ prompt: 'a cat', sourcePrompt: 'a dog', seed: 12, steps: 20, guidance: 7.5 });

describe('variations of a shot', () => {
  it('reads lists as artists type them', () => {
    expect(promptsOf(' a cat \n\na lion\r\na cat\n')).toEqual(['a cat', 'a lion']);
    for (const text of ['5, 7.5, 10', '5,7.5,10', '5; 7.5; 10', ' 5  7.5\t10 5'])
      expect(guidancesOf(text)).toEqual({ values: [5, 7.5, 10] });
    expect(guidancesOf('')).toEqual({ values: [] });
    expect(guidancesOf('5, x').problem).toContain('0 to 50');
    expect(guidancesOf('60').problem).toContain('0 to 50');
    expect(seedsOf('4', 12)).toEqual({ values: [12, 13, 14, 15] });
    expect(seedsOf('2', 0xffffffff)).toEqual({ values: [0xffffffff, 0] });
    expect(seedsOf('3, 7, 12', 0)).toEqual({ values: [3, 7, 12] });
    expect(seedsOf('7,', 0)).toEqual({ values: [7] });
    expect(seedsOf('', 5)).toEqual({ values: [] });
    for (const wrong of ['0', '1000', '-1', '1.5', 'many', '3, 7.5'])
      expect(seedsOf(wrong, 0).problem).toBeTruthy();
  });

  it('is every one with every other, each once, and differs in nothing else', () => {
    const lists = fc.record({
      prompts: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
      guidances: fc.uniqueArray(fc.constantFrom(1, 5, 10), { maxLength: 3 }),
      seeds: fc.uniqueArray(fc.nat(9), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(lists, (lists) => {
        const all = variationsOf(own, lists);
        expect(all).toHaveLength(countOf(lists));
        expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(all.length);
        expect(new Set([own, ...all].map(familyOf)).size).toBe(1);
      }),
    );
    expect(familyOf({ ...own, sampling: { ...own.sampling, steps: 21 } })).not.toBe(familyOf(own));
    expect(familyOf({ ...own, prompts: { ...own.prompts, negative: 'fog' } })).not.toBe(familyOf(own));
  });

  it('is told apart by what varies alone', () => {
    const shot = { id: 's', start: 0, end: 4 };
    const takes = variationsOf(own, { prompts: [], guidances: [1, 5], seeds: [3, 4] }).map((settings, i) => ({
      ...takeOf(String(i), shot),
      settings,
    }));
    expect([...variedWords(takes, () => ({ label: 'Mix', params: {} })).values()]).toEqual([
      [`${GUIDANCE_LABEL.toLowerCase()} 1`, 'seed 3'],
      [`${GUIDANCE_LABEL.toLowerCase()} 1`, 'seed 4'],
      [`${GUIDANCE_LABEL.toLowerCase()} 5`, 'seed 3'],
      [`${GUIDANCE_LABEL.toLowerCase()} 5`, 'seed 4'],
    ]);
    const words = variedWords([takes[0]!, { ...takes[1]!, bundle: 'Other' }], () => ({
      label: 'Mix',
      params: {},
    }));
    expect(words.get('1')).toEqual(['seed 4', 'Other']);
    expect(variedWords([takes[0]!], () => ({ label: 'Mix', params: {} })).get('0')).toEqual([]);
  });
});
