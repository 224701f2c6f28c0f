import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('a size is put into words by one function, for there are two ways to count', () => {
  const own = globSync('src/**/*.{ts,tsx}').filter((file) =>
    /\}\s*[kKMGT]i?B\b|'[kKMG]i?B'/.test(readFileSync(file, 'utf8')),
  );
  expect(own).toEqual([]);
});
