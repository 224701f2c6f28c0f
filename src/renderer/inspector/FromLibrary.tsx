/** One more of a kind out of the library; nothing where the library has none. */
import type { LibraryKind } from '../../common/contract/library.ts';
import { useLibraryOf, useModel } from '../store/library.ts';
import { Picker } from '../ui/Picker.tsx';

interface Props {
  readonly kind: LibraryKind;
  /** "Add a LoRA from the library" */
  readonly label: string;
  /** Paths that are in use already: not offered again. */
  readonly used: readonly string[];
  readonly onAdd: (path: string) => void;
}

export function FromLibrary({ kind, label, used, onAdd }: Props) {
  const known = useLibraryOf(kind);
  const family = familyOf(useModel()?.what ?? '');
  const offered = known.filter(({ path }) => !used.includes(path));
  // The last one taken leaves the field, which has the focus.
  if (known.length === 0) return null;
  // Those made for the chosen model come first; where a file does not tell, it may be.
  const suits = (what: string) => family === '' || what === '' || familyOf(what) === family;
  const ordered = [...offered].sort((a, b) => Number(suits(b.what)) - Number(suits(a.what)));
  return (
    <Picker
      label={label}
      isLabelHidden
      placeholder="From the library: type a name"
      options={ordered.map(({ path, name, what, state, problems }) => ({
        id: path,
        name,
        note: what,
        disabled: state === 'ready' ? null : (problems[0] ?? state),
      }))}
      value={null}
      onChange={onAdd}
    />
  );
}

/** "Stable Diffusion 2.x with depth" takes what is for 2.x; bundles of graphs do not tell which they are. */
function familyOf(what: string): string {
  return /^Stable Diffusion (1\.x|2\.x|XL)/.exec(what)?.[1] ?? '';
}
