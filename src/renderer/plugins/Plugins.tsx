/** The plugins of this machine, and those that the open project lacks: a list, and beside it what is told of one. */
import { FilePlus, FolderPlus, Hammer } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';
import { chooseDeveloperFolder, choosePlugin, choosePluginFolder } from '../actions/plugins.ts';
import { attempt } from '../store/notices.ts';
import { refreshPlugins, usePlugins, usePluginUses } from '../store/plugins.ts';
import { useDocument } from '../store/project.ts';
import { Button } from '../ui/Button.tsx';
import inputs from '../ui/input.module.css';
import layout from '../ui/layout.module.css';
import { Tag } from '../ui/Tag.tsx';
import texts from '../ui/text.module.css';
import { Details } from './Details.tsx';
import { Missing } from './Missing.tsx';
import styles from './Plugins.module.css';
import { type PluginRow, rowsOf } from './rows.ts';
import { stateWord } from './wording.ts';

/** Fewer are seen at a glance. */
const SEARCHED = 8;

export function Plugins() {
  const plugins = usePlugins();
  const uses = usePluginUses();
  const switched = useDocument((document) => document.plugins);
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const rows = useMemo(
    () => rowsOf(plugins ?? [], uses, { plugins: switched }, typed.trim()),
    [plugins, uses, switched, typed],
  );
  // Folders may have changed since.
  useEffect(() => void attempt(refreshPlugins()), []);
  const row = rows.find(({ id }) => id === chosen) ?? rows[0];
  // What is shown stays in sight when its state moves it in the list.
  const first = chosen === null ? row?.id : undefined;
  useEffect(() => {
    if (first !== undefined) setChosen(first);
  }, [first]);
  return (
    <div className={styles.plugins}>
      <div className={layout.row}>
        <Button onPress={() => void attempt(choosePlugin())}>
          <FilePlus aria-hidden="true" />
          Install a file…
        </Button>
        <Button onPress={() => void attempt(choosePluginFolder())}>
          <FolderPlus aria-hidden="true" />
          Install a folder…
        </Button>
        <Button look="plain" onPress={() => void attempt(chooseDeveloperFolder())}>
          <Hammer aria-hidden="true" />
          Developer folder…
        </Button>
        {(plugins?.length ?? 0) > SEARCHED ? (
          <input
            type="search"
            className={`${inputs.input} ${styles.search}`}
            aria-label="Search the plugins"
            placeholder="Search by name or maker"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        ) : null}
      </div>
      {plugins === null ? <p className={texts.quiet}>Reading the list…</p> : null}
      {plugins !== null && rows.length === 0 ? (
        typed.trim() === '' ? (
          <Empty />
        ) : (
          <p>Nothing matches.</p>
        )
      ) : null}
      {row ? (
        <div className={styles.both}>
          <ListBox
            aria-label="Plugins"
            className={styles.list}
            items={rows}
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[row.id]}
            onSelectionChange={(keys) => {
              const [key] = keys === 'all' ? [] : [...keys];
              if (key !== undefined) setChosen(String(key));
            }}
          >
            {(one) => <Row row={one} />}
          </ListBox>
          <section className={styles.details} aria-label={`About ${row.name}`} key={row.id}>
            {row.entry ? (
              <Details entry={row.entry} state={row.state} use={row.use} />
            ) : row.use ? (
              <Missing use={row.use} />
            ) : null}
          </section>
        </div>
      ) : null}
    </div>
  );
}

function Row({ row: { id, name, entry, state } }: { readonly row: PluginRow }) {
  const word = stateWord(state, entry);
  return (
    <ListBoxItem id={id} textValue={name} className={styles.row}>
      <p className={styles.name}>{name}</p>
      <p className={`${texts.quiet} ${styles.facts}`}>
        {entry?.version ? <span>{entry.version}</span> : null}
        {entry?.developer ? <Tag>developer folder</Tag> : null}
        {word ? <Tag isStrong={state === 'here'}>{word}</Tag> : null}
      </p>
    </ListBoxItem>
  );
}

function Empty() {
  return (
    <div className={styles.empty}>
      <p>No plugins yet.</p>
      <p className={texts.quiet}>
        Plugins bring methods, models, timelines of other programs and panels. Drop a plugin’s .zip on the
        window, or choose it here: you see what it is and what it asks for before anything is installed.
      </p>
    </div>
  );
}
