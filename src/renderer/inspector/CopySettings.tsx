/** Gives settings of the shot in hand to others. */
import { Copy } from 'lucide-react';
import { Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { SETTINGS } from '../../common/settings/settings.ts';
import { copySettingsTo } from '../actions/settings.ts';
import { tryTo } from '../store/notices.ts';
import { setView, useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import popover from '../ui/popover.module.css';

const LOOK = SETTINGS.fieldsOf('look');
const ALL = SETTINGS.fieldsOf('shot').filter(({ ofClip }) => !ofClip);
const COPY = {
  chosen: () => copySettingsTo('chosen', LOOK),
  'chosen-prompts': () => copySettingsTo('chosen', ALL),
  all: () => copySettingsTo('all', LOOK),
  'all-prompts': () => copySettingsTo('all', ALL),
  choose: () => setView({ dialog: 'copy' }),
};

export function CopySettings() {
  const chosen = useView((view) => view.selection.length);
  return (
    <MenuTrigger>
      <Button look="plain">
        <Copy aria-hidden="true" />
        Copy to…
      </Button>
      <Popover className={popover.popover} placement="bottom end">
        <Menu
          className={popover.options}
          disabledKeys={chosen > 1 ? [] : ['chosen', 'chosen-prompts']}
          onAction={(key) => tryTo(() => COPY[key as keyof typeof COPY]())}
        >
          <MenuItem id="chosen" className={popover.menuItem}>
            Settings to the chosen shots
          </MenuItem>
          <MenuItem id="chosen-prompts" className={popover.menuItem}>
            Settings and prompts to the chosen shots
          </MenuItem>
          <MenuItem id="all" className={popover.menuItem}>
            Settings to all shots
          </MenuItem>
          <MenuItem id="all-prompts" className={popover.menuItem}>
            Settings and prompts to all shots
          </MenuItem>
          <Separator className={popover.line} />
          <MenuItem id="choose" className={popover.menuItem}>
            Choose what to copy…
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
