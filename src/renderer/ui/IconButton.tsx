/** A button with a picture; its name and key show in a tooltip. */
import type { ReactNode } from 'react';
import { Tooltip, TooltipTrigger } from 'react-aria-components';
import { Button } from './Button.tsx';
import styles from './IconButton.module.css';

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
      <Button look="icon" aria-label={name} aria-pressed={isOn} isDisabled={isDisabled} onPress={onPress}>
        {children}
      </Button>
      <Tooltip className={styles.tooltip} offset={6}>
        {name}
        {keys ? <kbd>{keys}</kbd> : null}
      </Tooltip>
    </TooltipTrigger>
  );
}
