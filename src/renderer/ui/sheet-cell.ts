/** Where in a sheet of thumbnails a frame is. Pure. */

/** Pictures in rows, one of every so many frames. */
interface Layout {
  readonly columns: number;
  readonly count: number;
  readonly every: number;
}

interface Cell {
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
}

/** The cell nearest before a frame of the file. */
export function cellAt({ columns, count, every }: Layout, frame: number): Cell {
  const index = Math.max(0, Math.min(count - 1, Math.floor(frame / every)));
  return {
    column: index % columns,
    row: Math.floor(index / columns),
    columns,
    rows: Math.ceil(count / columns),
  };
}
