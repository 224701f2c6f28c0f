/** Lets a thumbnail be dragged to another program as files. */
import { type DragEvent, useRef } from 'react';
import type { ClipPreview } from '../../common/contract/clips.ts';
import { dragOut } from '../actions/drag-out.ts';
import { previewUrl } from '../engine.ts';
import { cellAt } from '../ui/sheet-cell.ts';

const ICON_WIDTH = 128;

interface Picture {
  readonly thumbnails: ClipPreview['thumbnails'] | null;
  readonly frame: number;
}

/** @param paths asked when the drag begins; absent for what is not dragged */
export function useDragOut(paths: (() => readonly string[]) | undefined, { thumbnails, frame }: Picture) {
  const icon = useRef('');
  if (!paths) return {};
  return {
    draggable: true,
    // A drag wants its picture at once.
    onPointerEnter: () => {
      if (thumbnails && icon.current === '')
        void drawn(thumbnails, frame).then((url) => {
          icon.current = url;
        });
    },
    onDragStart: (event: DragEvent) => {
      event.preventDefault();
      event.stopPropagation();
      dragOut(paths(), icon.current);
    },
  };
}

/** One cell of the sheet as a PNG; empty where it cannot be had. */
async function drawn(thumbnails: ClipPreview['thumbnails'], frame: number): Promise<string> {
  const { column, row, columns, rows } = cellAt(thumbnails, frame);
  const image = new Image();
  image.src = previewUrl(thumbnails.sheet);
  try {
    await image.decode();
  } catch {
    return '';
  }
  const [width, height] = [image.naturalWidth / columns, image.naturalHeight / rows];
  const canvas = document.createElement('canvas');
  canvas.width = ICON_WIDTH;
  canvas.height = Math.max(1, Math.round((ICON_WIDTH * height) / width));
  const context = canvas.getContext('2d');
  context?.drawImage(
    image,
    ...([column * width, row * height, width, height] as const),
    ...([0, 0, canvas.width, canvas.height] as const),
  );
  return canvas.toDataURL('image/png');
}
