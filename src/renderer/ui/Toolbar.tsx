/** Controls that belong together: Tab comes to them once, the arrows go along them. What takes arrows itself, as text and sliders do, stands outside. */
import type { ReactNode } from 'react';
import { Toolbar as AriaToolbar } from 'react-aria-components';

interface Props {
  readonly label: string;
  readonly orientation?: 'horizontal' | 'vertical';
  readonly className: string | undefined;
  readonly children: ReactNode;
}

export function Toolbar({ label, orientation = 'horizontal', className = '', children }: Props) {
  return (
    <AriaToolbar aria-label={label} orientation={orientation} className={className}>
      {children}
    </AriaToolbar>
  );
}
