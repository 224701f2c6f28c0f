/**
 * Soft edges by plain arithmetic. Of the brightness Y (0..1) the scale-normalised gradient c = √(2π)·σ·|∇(G_σ * Y)| (Lindeberg,
 * 1998), which is the height of a step where it is one, whatever σ; of σ = 1, 2 and 4 pixels the mean; and of that
 * c² / (c² + κ²) with κ = 0.1 (Geman and McClure's function), so that grain stays dark and outlines become white. It depends on
 * nothing but the picture: what does not change does not flicker.
 */
import { gaussian } from './gaussian.ts';

const SCALES = [1, 2, 4];
const HALF = 0.1;

/** @param rgb RGB8 (h·w·3). @returns (h, w), 0 where nothing is to 255 on outlines */
export function softEdges(rgb: Uint8Array, width: number, height: number): Uint8Array {
  const brightness = Float32Array.from({ length: width * height }, (_, i) => {
    // Rec. 709, of the values as they are.
    return (0.2126 * rgb[3 * i]! + 0.7152 * rgb[3 * i + 1]! + 0.0722 * rgb[3 * i + 2]!) / 255;
  });
  const contrast = new Float32Array(width * height);
  for (const sigma of SCALES) {
    const smooth = gaussian(brightness, width, height, sigma);
    const gain = (Math.sqrt(2 * Math.PI) * sigma) / SCALES.length;
    for (let y = 0; y < height; y++) {
      const above = Math.max(0, y - 1) * width;
      const below = Math.min(height - 1, y + 1) * width;
      for (let x = 0; x < width; x++) {
        const row = y * width;
        const across = smooth[row + Math.min(width - 1, x + 1)]! - smooth[row + Math.max(0, x - 1)]!;
        const down = smooth[below + x]! - smooth[above + x]!;
        contrast[row + x] = contrast[row + x]! + (gain * Math.hypot(across, down)) / 2;
      }
    }
  }
  return new Uint8Array(contrast.map((c) => Math.round((255 * c * c) / (c * c + HALF * HALF))));
}
