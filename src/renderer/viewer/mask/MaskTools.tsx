/** The tools that say where a shot is edited, beside its picture. */
import { Brush, Circle, Eraser, Eye, EyeOff, MousePointer2, Pentagon, Square } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { CommandButton } from '../../commands/CommandButton.tsx';
import { TOOLS, type Tool, useMasking } from '../../store/masking.ts';
import { Toolbar } from '../../ui/Toolbar.tsx';
import styles from './MaskTools.module.css';

const PICTURES: Readonly<Record<Tool, ReactNode>> = {
  select: <MousePointer2 />,
  rectangle: <Square />,
  ellipse: <Circle />,
  polygon: <Pentagon />,
  brush: <Brush />,
  eraser: <Eraser />,
};

export const MaskTools = memo(({ isDisabled }: { readonly isDisabled: boolean }) => {
  const tool = useMasking((state) => state.tool);
  const isSeen = useMasking((state) => state.overlay !== 'off');
  return (
    <Toolbar label="Mask tools" orientation="vertical" className={styles.tools}>
      {TOOLS.map((one) => (
        <CommandButton key={one} id={`mask.${one}`} isOn={tool === one} isDisabled={isDisabled}>
          {PICTURES[one]}
        </CommandButton>
      ))}
      <span className={styles.line} />
      <CommandButton id="mask.overlay" isOn={isSeen} isDisabled={isDisabled}>
        {isSeen ? <Eye /> : <EyeOff />}
      </CommandButton>
    </Toolbar>
  );
});
MaskTools.displayName = 'MaskTools';
