/** A push button; `primary` once per view at most. */
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps } from 'react-aria-components';
import './ui.css';

interface Props extends Omit<ButtonProps, 'className' | 'children'> {
  readonly look?: 'normal' | 'primary' | 'plain';
  readonly children: ReactNode;
}

export function Button({ look = 'normal', ...rest }: Props) {
  return <AriaButton {...rest} className={`button ${look}`} />;
}
