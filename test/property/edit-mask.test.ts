import { describe, expect, it } from 'vitest';
import { editMask } from '../../src/main/engine/diffusion/edit-mask.ts';
import { activeBranches, combine } from '../../src/main/engine/diffusion/guidance.ts';

const shape = { channels: 3, height: 6, width: 8 };
const area = shape.height * shape.width;
const source = new Float32Array(3 * area).map((_, i) => Math.sin(i));

/** The source's answer, with another one in a block of 3×3 places around (row 2, column 3). */
function changed(by: number): Float32Array {
  return source.map((value, i) => {
    const [row, column] = [Math.floor((i % area) / shape.width), i % shape.width];
    return Math.abs(row - 2) <= 1 && Math.abs(column - 3) <= 1 ? value + by : value;
  });
}

describe('the mask of an edit', () => {
  it('is full where the answers differ most and empty away from there', () => {
    const mask = editMask(source, changed(0.5), { threshold: 0.5, shape });
    expect(mask[2 * shape.width + 3]).toBe(1);
    for (const place of [0, 7, 5 * shape.width, 5 * shape.width + 7]) expect(mask[place]).toBe(0);
    expect(mask.every((weight) => weight >= 0 && weight <= 1)).toBe(true);
  });

  it('does not depend on how large the difference is, and shrinks as the threshold rises', () => {
    const sum = (mask: Float32Array) => mask.reduce((total, weight) => total + weight, 0);
    const at = (threshold: number, by = 0.5) => editMask(source, changed(by), { threshold, shape });
    const [small, large] = [at(0.5, 0.01), at(0.5, 5)];
    for (let i = 0; i < area; i++) expect(small[i]).toBeCloseTo(large[i]!, 3);
    expect(sum(at(0.9))).toBeLessThan(sum(at(0.5)));
    expect(sum(at(0.5))).toBeLessThan(sum(at(0.1)));
  });

  it('smooths by the binomial (1 2 1)/4 in both directions, edges repeated', () => {
    const one = source.slice();
    one[0]! += 1;
    const mask = editMask(source, one, { threshold: 1, shape });
    // Smoothed 9/16, 3/16, 1/16 around a corner; at threshold 1 all but the strongest half is off.
    expect(mask[0]).toBeCloseTo(1, 6);
    expect(mask[1]).toBe(0);
    const wide = editMask(source, one, { threshold: 0.5, shape });
    expect(wide[1]).toBeCloseTo((2 * (3 / 16)) / (0.5 * (9 / 16)) - 1, 4);
  });

  it('is empty where the prompts mean the same everywhere', () => {
    expect(editMask(source, source.slice(), { threshold: 0.5, shape }).every((weight) => weight === 0)).toBe(
      true,
    );
  });
});

describe('guidance that keeps', () => {
  const keep = { threshold: 0.5, shape };

  it('answers as the source prompt away from the edit, and as guidance in its middle', () => {
    const edit = changed(0.5);
    const out = combine([source, edit], 2.5, editMask(source, edit, keep));
    for (let i = 0; i < out.length; i++) {
      const [row, column] = [Math.floor((i % area) / shape.width), i % shape.width];
      if (Math.abs(row - 2) > 2 || Math.abs(column - 3) > 2) expect(out[i]).toBe(source[i]);
    }
    const middle = 2 * shape.width + 3;
    for (let c = 0; c < 3; c++) {
      const i = c * area + middle;
      expect(out[i]).toBeCloseTo(source[i]! + 2.5 * (edit[i]! - source[i]!), 5);
    }
  });

  it('runs both branches also at guidance 1', () => {
    const one = { hidden: new Float32Array(4), tokens: 1, dim: 4 };
    expect(activeBranches([one, one], 1, keep)).toHaveLength(2);
    expect(activeBranches([one, one], 1)).toHaveLength(1);
  });
});
