/** A share of the steps by two numbers, in percent. */
import texts from '../ui/text.module.css';
import { NumberInput } from './NumberInput.tsx';
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

export function StepsFields({ of, from, to, onFrom, onTo, differs = false, describedBy }: Props) {
  const more = { differs, ...(describedBy !== undefined && { describedBy }) };
  return (
    <div className={styles.steps}>
      <span className={texts.quiet}>Steps from</span>
      <NumberInput
        label={`First share of the steps of ${of}, percent`}
        value={100 * from}
        min={0}
        max={100 * to - 1}
        step={5}
        onChange={(value) => onFrom((value ?? 0) / 100)}
        {...more}
      />
      <span className={texts.quiet}>to, %</span>
      <NumberInput
        label={`Last share of the steps of ${of}, percent`}
        value={100 * to}
        min={100 * from + 1}
        max={100}
        step={5}
        onChange={(value) => onTo((value ?? 100) / 100)}
        {...more}
      />
    </div>
  );
}
