/** Frames of the page that show panels of plugins: which navigation makes one, and which address is one. */

/** A constant: Chromium takes names of schemes apart. */
export const PANEL_SCHEME = 'retake-panel';

const ADDRESS = new RegExp(`^${PANEL_SCHEME}://[0-9a-f]{32}/`);

interface Frame {
  readonly url: string;
  readonly parent: Frame | null;
}

export interface FrameNavigation {
  readonly url: string;
  readonly isMainFrame: boolean;
  /** Null where it has gone. */
  readonly frame: Frame | null;
}

/** A frame of the page itself, still empty, that goes to a panel: all else that a frame may want is refused. */
export function isFirstOfPanel({ url, isMainFrame, frame }: FrameNavigation): boolean {
  if (isMainFrame || !frame || !ADDRESS.test(url)) return false;
  const isEmpty = frame.url === '' || frame.url === 'about:blank';
  return isEmpty && frame.parent !== null && frame.parent.parent === null;
}
