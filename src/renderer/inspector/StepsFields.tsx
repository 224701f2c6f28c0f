/** A share of the steps by two numbers, in percent. */

import { NumberInput } from '../ui/NumberInput.tsx';
import texts from '../ui/text.module.css';
import styles from './StepsFields.module.css';

interface Props {
  /** Whose steps they are, for who cannot see where the numbers stand. */
  readonly of: string;
  /** 0..1. */
  readonly from: number;
  readonly to: number;
  readonly onFrom: (share: number) => void;
  readonly onTo: (share: number) => void;
  readonly differs?: boolean;
  readonly describedBy?: string | undefined;
}

/** 0.55 is 55, not 55.00000000000001, which a field would take for another number than it shows. */
const percent = (share: number) => Number((100 * share).toPrecision(10));

export function StepsFields({ of, from, to, onFrom, onTo, differs = false, describedBy }: Props) {
  const more = { differs, ...(describedBy !== undefined && { describedBy }) };
  return (
    <div className={styles.steps}>
      <span className={texts.quiet}>Steps from</span>
      <NumberInput
        label={`First share of the steps of ${of}, percent`}
        value={percent(from)}
        min={0}
        max={percent(to) - 1}
        step={5}
        onChange={(value) => onFrom((value ?? 0) / 100)}
        {...more}
      />
      <span className={texts.quiet}>to</span>
      <NumberInput
        label={`Last share of the steps of ${of}, percent`}
        value={percent(to)}
        min={percent(from) + 1}
        max={100}
        step={5}
        onChange={(value) => onTo((value ?? 100) / 100)}
        {...more}
      />
      <span className={texts.quiet}>%</span>
    </div>
  );
}
