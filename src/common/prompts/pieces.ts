/** What prompts are made of once their brackets are read. */

/** Words of one weight; 1 is as ever. */
export interface Piece {
  readonly text: string;
  readonly weight: number;
}

/** What belongs together; each begins a chunk of its own. There is one at least, and it may be empty. */
export type Section = readonly Piece[];

/** Neighbours of one weight are one: a word is not parted where brackets end that change nothing. */
export function joined(pieces: readonly Piece[]): Section {
  const all: Piece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (last?.weight === piece.weight) all[all.length - 1] = { ...last, text: last.text + piece.text };
    else all.push(piece);
  }
  return all.filter(({ text }) => text !== '');
}
