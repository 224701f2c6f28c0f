/** The parts of a mask: what each does, in which order, and which is in hand. Later ones cover those before them. */
import { ArrowDown, ArrowUp, Minus, Plus, Trash2 } from 'lucide-react';
import type { Mask, Part } from '../../common/masks/mask.ts';
import type { Shot } from '../../common/project/document.ts';
import { framesOf, orderPart, partIn, partName, removePart } from '../../common/project/edits-mask.ts';
import { changeMask } from '../actions/masked.ts';
import { useEstimatorOptions } from '../store/estimators.ts';
import { setMasking, takePart, useMasking } from '../store/masking.ts';
import { IconButton } from '../ui/IconButton.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './MaskParts.module.css';
import { MatteFields } from './MatteFields.tsx';

interface Props {
  readonly shot: Shot;
  readonly mask: Mask;
}

export function MaskParts({ shot, mask }: Props) {
  return (
    <ul className={styles.parts} aria-label="Parts of the mask">
      {mask.parts.map((part, index) => (
        <PartRow key={part.id} shot={shot} mask={mask} part={part} index={index} />
      ))}
    </ul>
  );
}

interface RowProps extends Props {
  readonly part: Part;
  readonly index: number;
}

function PartRow({ shot, mask, part, index }: RowProps) {
  const isHeld = useMasking((state) => state.part === part.id);
  const name = partName(mask, part);
  const frames = framesOf(part).length;
  const change = (what: string, edit: (draft: Mask) => void) => changeMask(shot.id, what, edit);
  const take = () => {
    takePart(part.id);
    setMasking({ tool: 'select', corners: null });
  };
  return (
    <li>
      <div className={isHeld ? `${styles.part} ${styles.held}` : styles.part}>
        <IconButton
          name={`${name} ${part.mode === 'add' ? 'adds; let it take away' : 'takes away; let it add'}`}
          onPress={() =>
            change(`${name} ${part.mode === 'add' ? 'takes away' : 'adds'}`, (draft) => {
              partIn(draft, part.id).mode = part.mode === 'add' ? 'subtract' : 'add';
            })
          }
        >
          {part.mode === 'add' ? <Plus /> : <Minus />}
        </IconButton>
        <button type="button" className={styles.name} aria-pressed={isHeld} onClick={take}>
          <span>{name}</span>
          <span className={texts.quiet}>{frames > 1 ? count(frames, 'key frame') : ''}</span>
        </button>
        <IconButton
          name={`${name} earlier`}
          isDisabled={index === 0}
          onPress={() => change(`Order of ${name}`, (draft) => orderPart(draft, part.id, -1))}
        >
          <ArrowUp />
        </IconButton>
        <IconButton
          name={`${name} later`}
          isDisabled={index === mask.parts.length - 1}
          onPress={() => change(`Order of ${name}`, (draft) => orderPart(draft, part.id, 1))}
        >
          <ArrowDown />
        </IconButton>
        <IconButton
          name={`Remove ${name}`}
          onPress={() => change(`Remove ${name}`, (draft) => removePart(draft, part.id))}
        >
          <Trash2 />
        </IconButton>
      </div>
      {part.kind === 'segmenter' ? <SegmenterName path={part.model} /> : null}
      {part.kind === 'matte' ? <MatteFields shotId={shot.id} part={part} name={name} /> : null}
    </li>
  );
}

/** What finds the object: by its name in the library, else by its folder. */
function SegmenterName({ path }: { readonly path: string | null }) {
  const known = useEstimatorOptions('segmenter').find(({ id }) => id === path)?.name;
  const name = known ?? path?.replace(/^.*[\\/]/, '') ?? "The model's own";
  return (
    <p className={`${texts.quiet} ${texts.path} ${styles.segmenter}`} title={path ?? undefined}>
      {name}
    </p>
  );
}
