/**
 * How a long prompt is parted: into chunks of as many tokens as a text encoder reads, each encoded by itself, their hidden
 * states one after the other.
 */

/** A token, or one of the vectors that an embedding puts in the place of one. */
export interface Slot {
  readonly token: number;
  readonly weight: number;
  /** Null for a word of the vocabulary. */
  readonly vector: { readonly embedding: number; readonly row: number } | null;
}

/** What is not torn apart lightly: a token of its own, all vectors of an embedding; in ComfyUI words of one weight. */
export type Group = readonly Slot[];

export interface ChunkSize {
  /** Tokens of a chunk without its start and end. */
  readonly room: number;
  /** The comma's token, null where there is none. */
  readonly comma: number | null;
}

/** How far back A1111 looks for a comma to part at (comma_padding_backtrack). */
const LOOK_BACK = 20;

/**
 * As A1111 parts them (modules/sd_hijack_clip.py, tokenize_line): at the last comma within 20 tokens, else where a chunk is full.
 * An embedding that does not fit goes into the next chunk; one larger than a chunk is cut.
 * @param sections each begins a chunk; groups are single tokens and embeddings
 * @returns one chunk at least
 */
export function chunksByCommas(
  sections: readonly (readonly Group[])[],
  { room, comma }: ChunkSize,
): readonly Group[] {
  const chunks: Group[] = [];
  let chunk: Slot[] = [];
  let lastComma = -1;
  const next = (rest: Slot[] = []) => {
    chunks.push(chunk);
    chunk = rest;
    lastComma = -1;
  };
  for (const [at, groups] of sections.entries()) {
    if (at > 0) next();
    for (const group of groups) {
      const full = chunk.length === room;
      if (comma !== null && group[0]?.token === comma && group[0].vector === null) lastComma = chunk.length;
      else if (full && lastComma !== -1 && room - lastComma <= LOOK_BACK) next(chunk.splice(lastComma + 1));
      if (chunk.length > 0 && chunk.length + group.length > room) next();
      chunk.push(...group.slice(0, room));
    }
  }
  if (chunk.length > 0 || chunks.length === 0) next();
  return chunks;
}

/** From as many tokens on ComfyUI tears words of one weight apart instead of moving them. */
const LARGE = 8;

/** As ComfyUI parts them (comfy/sd1_clip.py, tokenize_with_weights): short groups are moved, long ones go on in the next chunk. */
export function chunksByGroups(
  sections: readonly (readonly Group[])[],
  { room }: ChunkSize,
): readonly Group[] {
  const chunks: Slot[][] = [[]];
  for (const group of sections.flat()) {
    let rest = group;
    while (rest.length > 0) {
      const chunk = chunks.at(-1)!;
      const left = room - chunk.length;
      const fits = rest.length <= left;
      const taken = fits ? rest.length : group.length >= LARGE ? left : 0;
      chunk.push(...rest.slice(0, taken));
      rest = rest.slice(taken);
      if (!fits) chunks.push([]);
    }
  }
  return chunks;
}
