import { expect, it } from 'vitest';
import { between, type Sight } from '../../src/main/engine/flow/between.ts';

const [WIDTH, HEIGHT] = [16, 8];
const AREA = WIDTH * HEIGHT;

/** A slope that has gone to the right by so many pixels. */
const picture = (moved: number, more = 0) =>
  Float32Array.from({ length: 3 * AREA }, (_, i) => ((Math.floor(i / 3) % WIDTH) - moved) / 40 + more + 0.3);

/** On a grid half as fine; places of the left half are hidden as told. */
function sight(x: number, hiddenLeft: number): Sight {
  const [width, height] = [WIDTH / 2, HEIGHT / 2];
  const size = width * height;
  const data = new Float32Array(2 * size).fill(x / 2, 0, size);
  const hidden = Float32Array.from({ length: size }, (_, i) => (i % width < width / 2 ? hiddenLeft : 0));
  return { flow: { width, height, data }, hidden, confidence: new Float32Array(size).fill(1) };
}

const inner = (from: number, to: number) =>
  Array.from({ length: AREA }, (_, i) => i).filter((i) => i % WIDTH >= from && i % WIDTH < to);

it('is where the motion is half way', () => {
  const before = { picture: picture(-2), sight: sight(-2, 0) };
  const after = { picture: picture(2), sight: sight(2, 0) };
  const made = between(before, after, WIDTH, HEIGHT);
  const truth = picture(0);
  for (const i of inner(2, WIDTH - 2))
    for (let c = 0; c < 3; c++) expect(made[3 * i + c]).toBeCloseTo(truth[3 * i + c]!, 5);
});

it('takes what one hides from the other, and both alike where both hide it', () => {
  const seen = { picture: picture(2), sight: sight(2, 0) };
  const brighter = picture(-2, 0.2);
  const oneHides = between({ picture: brighter, sight: sight(-2, 1) }, seen, WIDTH, HEIGHT);
  for (const i of inner(2, WIDTH / 2)) expect(oneHides[3 * i]).toBeCloseTo(picture(0)[3 * i]!, 3);
  for (const i of inner(WIDTH / 2, WIDTH - 2))
    expect(oneHides[3 * i]).toBeCloseTo(picture(0, 0.1)[3 * i]!, 5);
  const bothHide = between(
    { picture: brighter, sight: sight(-2, 1) },
    { ...seen, sight: sight(2, 1) },
    WIDTH,
    HEIGHT,
  );
  for (const i of inner(2, WIDTH / 2)) expect(bothHide[3 * i]).toBeCloseTo(picture(0, 0.1)[3 * i]!, 5);
});
