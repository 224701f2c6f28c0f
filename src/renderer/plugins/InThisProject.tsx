/** The switch of a plugin for the open project alone: undone like any edit. */
import type { PluginEntry } from '../../common/contract/plugins.ts';
import { switchPluginHere } from '../actions/plugins.ts';
import { tryTo } from '../store/notices.ts';
import { useDocument, useOpened } from '../store/project.ts';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';

export function InThisProject({ entry }: { readonly entry: PluginEntry }) {
  const opened = useOpened() !== null;
  const own = useDocument(({ plugins }) => (Object.hasOwn(plugins, entry.id) ? plugins[entry.id]! : null));
  if (!opened) return <p className={texts.quiet}>A project that is open may have it on or off for itself.</p>;
  return (
    <Select
      label="In this project"
      options={[
        { id: 'all', name: entry.on && entry.disabled === null ? 'As for all: on' : 'As for all: off' },
        { id: 'on', name: 'On' },
        { id: 'off', name: 'Off' },
      ]}
      value={own === null ? 'all' : own ? 'on' : 'off'}
      onChange={(id) => tryTo(() => switchPluginHere(entry, id === 'all' ? null : id === 'on'))}
    />
  );
}
