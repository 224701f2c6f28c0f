/** A button with a picture; its name and key show in a tooltip. */
import type { ReactNode } from 'react';
import { Button as AriaButton, Tooltip, TooltipTrigger } from 'react-aria-components';
import './ui.css';

interface Props {
  readonly name: string;
  readonly keys?: string;
  readonly onPress: () => void;
  readonly isDisabled?: boolean;
  /** For a button that stays in: is it on. */
  readonly isOn?: boolean;
  readonly children: ReactNode;
}

export function IconButton({ name, keys, onPress, isDisabled, isOn, children }: Props) {
  return (
    <TooltipTrigger delay={500}>
      <AriaButton
        aria-label={name}
        aria-pressed={isOn}
        className="button plain icon"
        isDisabled={isDisabled}
        onPress={onPress}
      >
        {children}
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {name}
        {keys ? <kbd>{keys}</kbd> : null}
      </Tooltip>
    </TooltipTrigger>
  );
}
