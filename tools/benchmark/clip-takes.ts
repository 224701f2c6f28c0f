/** Whether a take of a real clip is whole. */
import { AppError } from '../../src/common/errors.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { readTake } from './pictures.ts';

/** A picture that is one colour all over is what a broken edit looks like; a real frame never is. */
const LEAST_SPREAD = 1;

/** @throws AppError ffmpeg-failed, not-finite where frames are missing or empty */
export async function completeClip({ take }: TakeReport, frames: number): Promise<void> {
  const pictures = await readTake(take.path, take.width * take.height * 3);
  const doing = `checking ${take.path}`;
  if (pictures.length !== frames) {
    throw new AppError('not-finite', `it has ${pictures.length} pictures, not ${frames}`, { doing });
  }
  for (const [frame, picture] of pictures.entries()) {
    if (spreadOf(picture) < LEAST_SPREAD) {
      throw new AppError('not-finite', `frame ${frame} is one colour all over`, { doing });
    }
  }
}

/** Standard deviation of all values, in 8-bit steps. */
function spreadOf(picture: Uint8Array): number {
  let [sum, squares] = [0, 0];
  for (const value of picture) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / picture.length;
  return Math.sqrt(Math.max(0, squares / picture.length - mean * mean));
}
