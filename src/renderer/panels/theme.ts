/** How the window looks, told to panels so that they look like it. */
import { token } from '../ui/token.ts';

/** By the names of tokens.css: surfaces, text, and meanings that a panel may have as well. */
const COLOURS = [
  ...['stage', 'ground', 'panel', 'raised', 'hover', 'line', 'line-strong', 'edge', 'text', 'quiet'],
  ...[
    'selection',
    'on-selection',
    'warning',
    'on-warning',
    'problem',
    'on-problem',
    'take',
    'range',
    'anchor',
  ],
];
const MEASURES = ['space', 'radius'];

/** `size` is what a rem is, `font` the family. */
export function themeOfWindow(): Record<string, string> {
  const { fontSize, fontFamily } = getComputedStyle(document.documentElement);
  const own = [...COLOURS, ...MEASURES].map((name) => [name, token(`--${name}`)] as const);
  return { ...Object.fromEntries(own), size: fontSize, font: fontFamily };
}

/** Told when the system asks for another look, or the window has another size. */
export function onTheme(listener: () => void): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  matchMedia('(prefers-contrast: more)').addEventListener('change', listener, { signal });
  window.addEventListener('resize', listener, { signal });
  return () => listening.abort();
}
