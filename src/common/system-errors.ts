/** What the operating system says when it refuses, in words: the one place that knows its codes. */

const WORDS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: ['it is not there', 'It may have been moved, renamed or deleted.'],
  EEXIST: ['something of that name is there already', 'Choose another name.'],
  ENOTEMPTY: ['the folder is not empty', 'Choose another one.'],
  EACCES: ['you may not read or write there', 'Choose another folder.'],
  EPERM: ['you may not read or write there', 'Choose another folder.'],
  EROFS: ['the disk is read-only', 'Choose another folder.'],
  ENOSPC: ['the disk is full', 'Free some space or choose another folder, then resume.'],
  EDQUOT: ['the disk is full', 'Free some space or choose another folder, then resume.'],
  EFBIG: ['the file would be too large for this disk', 'Choose another disk.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  EISDIR: ['it is a folder', 'Choose a file.'],
  ENOTDIR: ['part of the path is a file, not a folder', 'Choose another folder.'],
  ELOOP: ['the links on the way lead in a circle', 'Choose another folder.'],
  EXDEV: ['it lies on another disk', 'Choose a folder on the same disk.'],
  EBUSY: ['another program is using it', 'Close that program and try again.'],
  ETXTBSY: ['another program is using it', 'Close that program and try again.'],
  EMFILE: ['too many files are open', 'Close other programs and try again.'],
  ENFILE: ['too many files are open', 'Close other programs and try again.'],
  ENOMEM: ['there is not enough memory', 'Close other programs and try again.'],
  EIO: ['the disk does not read or write as it should', 'Check the disk and its cable.'],
  ENXIO: ['the drive is not there', 'Connect it and try again.'],
  ENODEV: ['the drive is not there', 'Connect it and try again.'],
  ESTALE: ['the network drive is gone', 'Connect it and try again.'],
  EHOSTDOWN: ['the network drive is gone', 'Connect it and try again.'],
  EHOSTUNREACH: ['the other machine cannot be reached', 'Check the network.'],
  ENETUNREACH: ['there is no network', 'Check the network.'],
  ENOTFOUND: ['the other machine is not known', 'Check the address and the network.'],
  EAI_AGAIN: ['the other machine is not known', 'Check the address and the network.'],
  ECONNREFUSED: ['the other machine does not answer', 'Check the address and the network.'],
  ECONNRESET: ['the connection broke', 'Try again.'],
  EPIPE: ['the other side closed the connection', 'Try again.'],
  ETIMEDOUT: ['there was no answer in time', 'Try again.'],
  EADDRINUSE: ['another program uses this port', 'Close that program and try again.'],
};

export interface SystemWords {
  /** "ENOSPC" */
  readonly code: string;
  /** "the disk is full" */
  readonly what: string;
  /** With the name of the file, where one is known: "beach.mov: it is not there" */
  readonly message: string;
  readonly hint: string;
}

/**
 * Words for an error that the system gave; null for any other. Also read off the text alone: between processes only that
 * is left.
 */
export function systemWords(error: unknown): SystemWords | null {
  if (!(error instanceof Error)) return null;
  const { code, path, dest } = error as { code?: unknown; path?: unknown; dest?: unknown };
  const own =
    typeof code === 'string' && /^E[A-Z0-9_]+$/.test(code) && !code.startsWith('ERR_') ? code : null;
  const told = own ?? /(?:^|: )(E[A-Z0-9_]{2,}): /.exec(error.message)?.[1] ?? null;
  if (told === null) return null;
  const [what, hint] = WORDS[told] ?? [`the system refused (${told})`, ''];
  const file = [dest, path].find((one) => typeof one === 'string') ?? /'([^']+)'$/.exec(error.message)?.[1];
  const name = typeof file === 'string' ? file.replace(/[\\/]+$/, '').replace(/^.*[\\/]/, '') : '';
  return { code: told, what, message: name ? `${name}: ${what}` : what, hint };
}
