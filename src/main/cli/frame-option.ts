/** `--frame N` of commands that take one frame of a clip. */
import { InvalidArgumentError, Option } from 'commander';

export function frameOption(): Option {
  return new Option('--frame <n>', 'the frame, counted from 0').default(0).argParser((text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0) return value;
    throw new InvalidArgumentError('It must be a whole number from 0.');
  });
}
