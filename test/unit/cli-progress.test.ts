import { describe, expect, it } from 'vitest';
import { progressLine } from '../../src/main/cli/progress.ts';

const progress = { phase: 'sample', done: 120, total: 4000, fraction: 0.5 } as const;

describe('progress line', () => {
  it('never wraps, however narrow the terminal', () => {
    for (let columns = 1; columns <= 120; columns++) {
      const line = progressLine({ ...progress, etaSeconds: 4000 }, columns);
      expect(line.length).toBeLessThan(Math.max(1, columns));
    }
  });

  it('keeps the words and gives up the bar', () => {
    expect(progressLine({ ...progress, etaSeconds: 75 }, 100)).toBe(
      `${'█'.repeat(14)}${'░'.repeat(14)}  50 %  rendering 120/4000  1:15 left`,
    );
    expect(progressLine({ ...progress, etaSeconds: 75 }, 40)).toBe(' 50 %  rendering 120/4000  1:15 left');
    expect(progressLine({ ...progress, etaSeconds: null })).toMatch(/estimating$/);
  });
});
