/** Turns ffmpeg's last words into one line for an artist. Pure. */
import { AppError, type ErrorCode } from '../../../common/errors.ts';
import { LISTS_OF_FILES } from './input.ts';

const COPY_AGAIN = 'Copy it again from the card or ask for it again.';

/** Why ffmpeg would not read a file, from its stderr. */
export function unreadable(doing: string, lines: readonly string[]): AppError {
  const text = lines.join('\n');
  const because = (message: string, hint = '') => new AppError('clip-unreadable', message, { doing, hint });
  const format = /^\[(\w+)[^\]]*\].*Format not on whitelist/m.exec(text)?.[1];
  if (format !== undefined && LISTS_OF_FILES.has(format)) {
    return because(
      `this is a list of other files (${format}), not a clip: nothing it names was opened`,
      'Give the files themselves, or join them into one movie first.',
    );
  }
  // A low score means that only the file's name looked like a video.
  if (/moov atom not found/.test(text) && !/low score/.test(text)) {
    return because(
      'the file is incomplete: its index is missing, so it was cut off while being written',
      COPY_AGAIN,
    );
  }
  if (/Permission denied/.test(text)) return because('the file may not be read', 'Check its permissions.');
  if (/No such file or directory/.test(text)) return because('there is no such file');
  if (/End of file/.test(text)) return because('the file is cut off', COPY_AGAIN);
  return because(
    'this is not a video that can be read',
    'Try to play it, or convert it to ProRes or H.264 first.',
  );
}

/** Why ffmpeg would not write a take, from its stderr. */
export function writeFailure(doing: string, lines: readonly string[]): AppError {
  const text = lines.join('\n');
  const failed = (code: ErrorCode, message: string, hint: string) =>
    new AppError(code, message, { doing, hint });
  if (/No space left on device|Disk quota exceeded/.test(text)) {
    return failed('disk-full', 'the disk is full', 'Free some space or choose another folder, then resume.');
  }
  if (/File too large/.test(text)) {
    return failed(
      'disk-full',
      'this disk holds no file as large as the take (FAT32 stops at 4.3 GB)',
      'Choose another disk, a PNG sequence, or fewer frames.',
    );
  }
  if (/Permission denied|Read-only file system/.test(text)) {
    return failed('output-unwritable', 'the folder may not be written to', 'Choose another folder.');
  }
  return failed('ffmpeg-failed', `ffmpeg failed (${lastError(lines)})`, 'Try another format.');
}

/** The first complaint says more than the chain of consequences after it. */
export function lastError(lines: readonly string[]): string {
  const complaint = lines.find((line) => /\[(error|fatal)\]/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return complaint
    .replace(/\[[^\]]*\]\s*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200);
}
