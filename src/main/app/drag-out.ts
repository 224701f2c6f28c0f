/** A drag that leaves the window: the system is given the files themselves. */
import { existsSync } from 'node:fs';
import { nativeImage, type WebContents } from 'electron';
import type { DraggedFiles } from '../../common/bridge.ts';

/** Systems refuse a drag without a picture. */
const PLAIN = { width: 48, height: 27 };

/** Files that are gone are left out; with none left nothing is dragged. */
export function dragOut(contents: WebContents, { paths, icon }: DraggedFiles): void {
  const files = paths.filter((path) => existsSync(path));
  const [file] = files;
  if (file === undefined) return;
  contents.startDrag({ file, files, icon: pictureOf(icon) });
}

function pictureOf(icon: string): Electron.NativeImage {
  const drawn = icon.startsWith('data:image/png;') ? nativeImage.createFromDataURL(icon) : null;
  if (drawn && !drawn.isEmpty()) return drawn;
  return nativeImage.createFromBitmap(Buffer.alloc(PLAIN.width * PLAIN.height * 4, 0x80), PLAIN);
}
