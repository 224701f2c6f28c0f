/** Which variants are run on which edits of which shots. */
import type { Edit, Shot } from './heldout.ts';
import { VARIANTS, type Variant } from './variants.ts';

/** How much is run. */
export interface Extent {
  readonly shots: readonly Shot[];
  /** Shots on which the ablations run too. */
  readonly ablations: number;
  /** Kinds of edit. */
  readonly edits: ReadonlySet<string>;
  /** Ids of variants. */
  readonly methods: ReadonlySet<string>;
  /** Whether there is a model that takes depth. */
  readonly depth: boolean;
}

export interface Place {
  readonly shot: Shot;
  readonly edit: Edit;
  readonly variant: Variant;
}

/** All that is to be run, shot by shot, so that a part of it is a smaller benchmark of the same kind. */
export function plan({ shots, edits, methods, ablations, depth }: Extent): Place[] {
  return shots.flatMap((shot, i) =>
    shot.edits.flatMap((edit) =>
      VARIANTS.filter((variant) => {
        if (!methods.has(variant.id) || (variant.depth && !depth)) return false;
        if (variant.edits && !variant.edits.includes(edit.kind)) return false;
        if (edit.kind === 'same') {
          const costly = variant.id !== 'reconstruct' && variant.group === 'reconstruction';
          return costly ? i < ablations : variant.group === 'reconstruction' || variant.id === 'ceiling';
        }
        if (!edits.has(edit.kind) || variant.group === 'reconstruction') return false;
        if (variant.group === 'main') return true;
        return i < ablations && (edit.kind === 'colour' || edit.kind === 'environment');
      }).map((variant) => ({ shot, edit, variant })),
    ),
  );
}
