/** Mean RGB (0..1) of the pixels inside; null where there are none. @param picture RGB8 (pixels·3) */
export function meanColour(
  picture: Uint8Array,
  inside: (pixel: number) => boolean,
): [number, number, number] | null {
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let pixel = 0; pixel < picture.length / 3; pixel++) {
    if (!inside(pixel)) continue;
    for (const c of [0, 1, 2] as const) sum[c] += picture[3 * pixel + c]!;
    count++;
  }
  return count === 0 ? null : (sum.map((value) => value / count / 255) as [number, number, number]);
}
