/** On or off. */
import type { ReactNode } from 'react';
import { Switch as AriaSwitch } from 'react-aria-components';
import './controls.css';

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
    <AriaSwitch className="switch" isSelected={isOn} onChange={onChange} isDisabled={isDisabled}>
      <span className="switch-track" aria-hidden="true" />
      {children}
      {differs ? <span className="quiet">differs</span> : null}
    </AriaSwitch>
  );
}
