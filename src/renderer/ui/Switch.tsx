/** On or off. */
import type { ReactNode } from 'react';
import { Switch as AriaSwitch } from 'react-aria-components';
import styles from './Switch.module.css';
import texts from './text.module.css';

interface Props {
  readonly isOn: boolean;
  readonly onChange: (on: boolean) => void;
  readonly isDisabled?: boolean;
  /** Several things are chosen and differ. */
  readonly differs?: boolean;
  readonly children: ReactNode;
}

export function Switch({ isOn, onChange, isDisabled, differs, children }: Props) {
  return (
    <AriaSwitch className={styles.switch} isSelected={isOn} onChange={onChange} isDisabled={isDisabled}>
      <span className={styles.track} aria-hidden="true" />
      {children}
      {differs ? <span className={texts.quiet}>differs</span> : null}
    </AriaSwitch>
  );
}
