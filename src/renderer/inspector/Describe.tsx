/** A source prompt from the first frame of the shot: by the captioner that there is, or by one of several. */
import { ScanEye, X } from 'lucide-react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { describeFirstFrame, NO_CAPTIONER, stopDescribing } from '../actions/describe.ts';
import { useDescribing } from '../store/describing.ts';
import { useEstimators } from '../store/estimators.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import popover from '../ui/popover.module.css';
import texts from '../ui/text.module.css';
import styles from './Describe.module.css';

const NAME = 'Describe the first frame';

export function Describe({ shotId }: { readonly shotId: string }) {
  const captioners = useEstimators('captioner');
  const running = useDescribing((describing) => describing.running);
  const percent = useDescribing(({ fraction }) => Math.round(100 * fraction));
  const describe = (path: string) => void attempt(describeFirstFrame(shotId, path));
  const usable = captioners.filter(({ state }) => state === 'ready');
  const [only, another] = usable;
  if (running?.shotId === shotId) {
    return (
      <span className={styles.running}>
        <span className={texts.quiet} role="status">{`Describing… ${percent} %`}</span>
        <IconButton name="Stop describing" onPress={stopDescribing}>
          <X aria-hidden="true" />
        </IconButton>
      </span>
    );
  }
  if (!only) {
    const why = captioners[0]?.problems[0] ?? NO_CAPTIONER;
    return (
      <span title={`${NAME}: ${why}`}>
        <Button look="icon" isDisabled aria-label={`${NAME}. ${why}`}>
          <ScanEye aria-hidden="true" />
        </Button>
      </span>
    );
  }
  if (!another) {
    return (
      <IconButton name={NAME} isDisabled={running !== null} onPress={() => describe(only.path)}>
        <ScanEye aria-hidden="true" />
      </IconButton>
    );
  }
  return (
    <MenuTrigger>
      <Button look="icon" aria-label={`${NAME}…`} isDisabled={running !== null}>
        <ScanEye aria-hidden="true" />
      </Button>
      <Popover className={popover.popover} placement="bottom end">
        <Menu className={popover.options} aria-label="Captioners" onAction={(path) => describe(String(path))}>
          {usable.map(({ path, name, plugin }) => (
            <MenuItem key={path} id={path} textValue={name} className={popover.option}>
              <span>{name}</span>
              {plugin ? <span className={texts.quiet}>{plugin.name}</span> : null}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
