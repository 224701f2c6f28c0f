/** The window's colours: named in one file, each with one meaning, readable wherever they stand. */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PAGE = resolve(import.meta.dirname, '../../src/renderer');
const TOKENS = 'tokens.css';
const css = readFileSync(join(PAGE, TOKENS), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');

type Rgb = readonly [number, number, number];

function tokensIn(text: string): Map<string, string> {
  return new Map([...text.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!]));
}

const [usual, more] = css.split('@media') as [string, string];
const THEMES = [
  ['as usual', tokensIn(usual)],
  ['with more contrast', new Map([...tokensIn(usual), ...tokensIn(more)])],
] as const;

function rgb(value: string): Rgb {
  const hex = /^#([\da-f]{3}|[\da-f]{6})$/i.exec(value)?.[1];
  if (!hex) throw new Error(`${value} is no plain colour`);
  const full = hex.length === 3 ? [...hex].map((one) => one + one).join('') : hex;
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16)) as unknown as Rgb;
}

const linear = (part: number) => (part <= 10.31475 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);

/** WCAG 2.2, relative luminance. */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map(linear) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Distance in OKLab (Ottosson 2020): 0.02 is just seen. */
function distance(a: Rgb, b: Rgb): number {
  const lab = (colour: Rgb) => {
    const [r, g, v] = colour.map(linear) as unknown as Rgb;
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * v);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * v);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * v);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  };
  const [x, y] = [lab(a), lab(b)];
  return Math.hypot(...x.map((one, i) => one - y[i]!));
}

const MEANINGS = ['render', 'selection', 'range', 'anchor', 'take', 'warning', 'problem'];
const SURFACES = ['stage', 'ground', 'panel', 'raised'];

describe.each(THEMES)('colours, %s', (_, tokens) => {
  const of = (name: string) => rgb(tokens.get(name) ?? 'missing');
  const poor = (pairs: readonly (readonly [string, string])[], least: number) =>
    pairs
      .map(([a, b]) => [a, b, contrast(of(a), of(b))] as const)
      .filter(([, , ratio]) => ratio < least)
      .map(([a, b, ratio]) => `${a} on ${b}: ${ratio.toFixed(2)}`);

  it('text is read on every surface', () => {
    const texts = ['text', 'quiet', ...MEANINGS];
    expect(
      poor(
        texts.flatMap((text) => SURFACES.map((surface) => [text, surface] as const)),
        4.5,
      ),
    ).toEqual([]);
    expect(poor([['text', 'hover']], 4.5)).toEqual([]);
  });

  it('and on what has a colour itself', () => {
    const filled = ['render', 'selection', 'take', 'warning', 'problem'].map(
      (one) => [`on-${one}`, one] as const,
    );
    const shots = [...tokens.keys()].filter((name) => /^shot-\d$/.test(name));
    expect(shots).toHaveLength(8);
    expect(poor([...filled, ...shots.map((shot) => ['on-picture', shot] as const)], 4.5)).toEqual([]);
  });

  it('edges of controls, and signs, stand out', () => {
    const signs = ['edge', 'sound'].flatMap((one) => ['ground', 'panel'].map((on) => [one, on] as const));
    expect(poor(signs, 3)).toEqual([]);
  });

  it('no two meanings look the same', () => {
    const alike = MEANINGS.flatMap((a, i) =>
      MEANINGS.slice(i + 1).flatMap((b) => (distance(of(a), of(b)) < 0.08 ? [`${a} and ${b}`] : [])),
    );
    expect(alike).toEqual([]);
  });
});

const LITERAL =
  /#[\da-f]{8}\b|#[\da-f]{6}\b|#[\da-f]{3,4}\b(?=['"\s;,)])|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(\s*[\d.]|[:\s,('"](?:white|black|red|green|blue|orange|yellow|purple|grey|gray)(?=\s*[;,)])/gi;

/** Of style sheets and components; names of colours that people choose from are words, not colours. */
function literalsIn(file: string, text: string): string[] {
  const bare = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const found = [...bare.matchAll(LITERAL)].map(([one]) => one.trim());
  return found
    .filter((one) => file.endsWith('.css') || !/^['"]?[a-z]+$/i.test(one.replace(/^[:\s,(]+/, '')))
    .map((one) => `${file}: ${one}`);
}

it('no other file names a colour, and every token is used', () => {
  const files = globSync('**/*.{css,ts,tsx}', { cwd: PAGE }).filter((name) => name !== TOKENS);
  expect(files.length).toBeGreaterThan(200);
  const texts = files.map((name) => [name, readFileSync(join(PAGE, name), 'utf8')] as const);
  expect(texts.flatMap(([name, text]) => literalsIn(name, text))).toEqual([]);
  const all = texts.map(([, text]) => text).join('\n');
  const unused = [...tokensIn(usual).keys()].filter((name) => !all.includes(`--${name}`));
  expect(unused.filter((name) => !/^shot-\d$/.test(name))).toEqual([]);
  const asked = new Set([...all.matchAll(/var\(--([\w-]+)/g)].map(([, name]) => name!));
  const sizes = ['space', 'radius', 'mono', 'ease'];
  const known = [...tokensIn(usual).keys(), ...sizes];
  // Components of the toolkit have their own, as sizes of a popover's trigger.
  const own = [...all.matchAll(/(?:['"]--([\w-]+)['"]|\s--([\w-]+)\s*:)/g)].map(([, name]) => name!);
  expect(
    [...asked].filter(
      (name) => !known.includes(name) && !own.includes(name) && !/-$|^trigger-width$/.test(name),
    ),
  ).toEqual([]);
  expect(literalsIn('a.css', 'color: #fff; fill: white; background: rgb(0 0 0 / 5%)')).toHaveLength(3);
});
