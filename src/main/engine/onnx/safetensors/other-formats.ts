/** What else lies on disks under the name of a model, told by its first bytes. */
import { AppError } from '../../../../common/errors.ts';

/** The endings that Python's pickled checkpoints have. */
export const PICKLE_ENDING = /\.(ckpt|pt|pth|bin|pkl)$/i;

/**
 * Python's pickles are programs: to read one is to run it.
 * @param what "model.ckpt is a PyTorch checkpoint (a pickle)"
 */
export function pickleRefusal(what: string, doing: string): AppError {
  return new AppError('bundle-invalid', `${what}, which can run code when it is read, so Retake opens none`, {
    doing,
    hint: 'Take the .safetensors form of the same model: its page has it, or the program that made it can save as safetensors.',
  });
}

/**
 * @param start the first bytes of the file
 * @throws AppError bundle-invalid naming what it is
 */
export function refuseOtherFormat(
  start: Buffer,
  { name, doing }: { readonly name: string; readonly doing: string },
): void {
  const begins = (bytes: string) => start.subarray(0, bytes.length).equals(Buffer.from(bytes, 'latin1'));
  if (isPickle(start, begins(ZIP))) throw pickleRefusal(`${name} is a PyTorch checkpoint (a pickle)`, doing);
  const other = OTHERS.find(([bytes]) => begins(bytes));
  if (other) throw new AppError('bundle-invalid', `${name} is ${other[1]}`, { doing, hint: other[2] });
}

const ZIP = 'PK\x03\x04';
/** Bytes of a zip archive before the name of its first file. */
const ZIP_HEADER = 30;

/** Bare, or in a zip archive as PyTorch writes it: its files lie in a folder without an ending. */
function isPickle(start: Buffer, zipped: boolean): boolean {
  if (zipped) return !/^[^/]*\.\w+/.test(start.subarray(ZIP_HEADER).toString('latin1'));
  // A safetensors header of 640 bytes begins with the same two, then zeros and a brace.
  return start[0] === 0x80 && start[1]! >= 1 && start[1]! <= 5 && start[8] !== 0x7b;
}

const CHOOSE = 'Choose the .safetensors file of a model.';
const UNPACK = 'Unpack it and choose the .safetensors file in it.';
/** First bytes, in Latin 1, and what they are the beginning of. */
const OTHERS: readonly (readonly [string, string, string])[] = [
  [ZIP, 'a zip archive', UNPACK],
  ['\x1f\x8b', 'a packed archive', UNPACK],
  ['Rar!', 'a packed archive', UNPACK],
  ['7z\xbc\xaf', 'a packed archive', UNPACK],
  ['GGUF', 'a model in GGUF form, whose weights are rounded in another way', 'Take its .safetensors form.'],
  ['\x89PNG', 'a picture', CHOOSE],
  ['\xff\xd8\xff', 'a picture', CHOOSE],
  ['\x89HDF', 'a Keras model', CHOOSE],
];
