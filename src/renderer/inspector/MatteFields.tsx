/** A matte: its file, what in it says where, and how it lies in time. */
import type { PartOf } from '../../common/masks/mask.ts';
import { partIn } from '../../common/project/edits-mask.ts';
import { changeMask } from '../actions/masked.ts';
import { NumberInput } from '../ui/NumberInput.tsx';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import styles from './MatteFields.module.css';

const CHANNELS = [
  { id: 'luma', name: 'White is inside' },
  { id: 'alpha', name: 'Opaque is inside' },
];

interface Props {
  readonly shotId: string;
  readonly part: PartOf<'matte'>;
  readonly name: string;
}

export function MatteFields({ shotId, part, name }: Props) {
  const change = (what: string, edit: (matte: PartOf<'matte'>) => void) =>
    changeMask(shotId, what, (draft) => {
      const one = partIn(draft, part.id);
      if (one.kind === 'matte') edit(one);
    });
  return (
    <div className={styles.matte}>
      <p className={`${texts.quiet} ${texts.path} ${styles.file}`} title={part.path}>
        {part.path.replace(/^.*[\\/]/, '')}
      </p>
      <Select
        label={`What ${name} reads`}
        isLabelHidden
        options={CHANNELS}
        value={part.channel}
        onChange={(channel) =>
          change(`What ${name} reads`, (one) => {
            one.channel = channel as 'luma' | 'alpha';
          })
        }
      />
      <div className={styles.offset}>
        <span className={texts.quiet}>Frame at the clip's first</span>
        <NumberInput
          label={`Frame of ${name} at the clip's first frame`}
          value={part.offset}
          min={-10_000_000}
          max={10_000_000}
          integer
          onChange={(offset) =>
            change(`Offset of ${name}`, (one) => {
              one.offset = offset ?? 0;
            })
          }
        />
      </div>
    </div>
  );
}
