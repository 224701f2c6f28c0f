import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withResults } from '../../tools/benchmark/docs.ts';

const DOCUMENT = readFileSync(new URL('../../docs/benchmark.md', import.meta.url), 'utf8');

describe('results in the document', () => {
  it('are replaced, and nothing else is', () => {
    const once = withResults(DOCUMENT, 'results', 'first results\n');
    const twice = withResults(once, 'results', 'second results\n');
    expect(twice).toContain('\nsecond results\n');
    expect(twice).not.toContain('first results');
    expect(twice.split('\n')[0]).toBe(DOCUMENT.split('\n')[0]);
    expect(withResults(once, 'results', 'second results\n')).toBe(
      withResults(twice, 'results', 'second results\n'),
    );
  });

  it('need their marks', () => {
    expect(() => withResults('# no marks', 'clips', 'x')).toThrow(/are missing/);
  });
});
