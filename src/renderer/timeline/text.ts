/** Text on the canvas: widths are measured once, names that do not fit are cut with an ellipsis. */

const widths = new Map<string, number>();

function widthOf(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 20_000) widths.clear();
    width = context.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

export { widthOf as textWidth };

/** The text, or as much of its head as fits into `room` pixels; empty when not even two letters do. */
export function fitText(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (room < 12) return '';
  const width = widthOf(context, text);
  if (width <= room) return text;
  const letters = Math.floor((text.length * (room - widthOf(context, '…'))) / width);
  return letters < 2 ? '' : `${text.slice(0, letters).trimEnd()}…`;
}
