/** A push button; `primary` once per view at most, `render` for what starts one. */
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps } from 'react-aria-components';
import styles from './Button.module.css';

interface Props extends Omit<ButtonProps, 'className' | 'children'> {
  readonly look?: 'normal' | 'primary' | 'render' | 'plain' | 'icon';
  readonly children: ReactNode;
}

const LOOKS = {
  normal: styles.button,
  primary: `${styles.button} ${styles.primary}`,
  render: `${styles.button} ${styles.render}`,
  plain: `${styles.button} ${styles.plain}`,
  icon: `${styles.button} ${styles.icon}`,
};

export function Button({ look = 'normal', ...rest }: Props) {
  return <AriaButton {...rest} className={LOOKS[look]} />;
}
