/** Prompts used before in this project, to be taken again. */
import { History } from 'lucide-react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useDocument } from '../store/project.ts';
import { Button } from '../ui/Button.tsx';
import popover from '../ui/popover.module.css';
import styles from './PromptHistory.module.css';
import { type PromptKey, promptsUsed } from './prompt-history.ts';

interface Props {
  /** As the form calls the field. */
  readonly label: string;
  readonly field: PromptKey;
  readonly present: string;
  readonly onChoose: (text: string) => void;
}

export function PromptHistory({ label, field, present, onChoose }: Props) {
  const takes = useDocument((document) => document.takes);
  const used = promptsUsed(takes, field, present);
  if (used.length === 0) return null;
  return (
    <MenuTrigger>
      <Button look="icon" aria-label={`${label}: used before`}>
        <History aria-hidden="true" />
      </Button>
      <Popover className={popover.popover} placement="bottom end">
        <Menu className={popover.options} aria-label="Used before" onAction={(key) => onChoose(String(key))}>
          {used.map((text) => (
            <MenuItem
              key={text}
              id={text}
              textValue={text}
              className={`${popover.menuItem} ${styles.prompt}`}
            >
              {text}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
