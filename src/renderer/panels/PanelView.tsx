/** A panel of a plugin: its page, what it asks of the artist, and why it stopped. */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { PanelEntry } from '../../common/contract/panels.ts';
import { UI_COMMANDS, type UiCommand } from '../../common/plugins/ui-v1.ts';
import { allowPanel, isAllowed } from '../store/panel-consent.ts';
import { isWanted, type PluginPanel } from '../store/panels.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import { listed } from '../words.ts';
import { startPanel } from './frame.ts';
import styles from './PanelView.module.css';

/** In CSS pixels; what it has to show beyond that it scrolls. */
const LEAST = 24;
const MOST = 640;

export function PanelView({ panel: { from, label } }: { readonly panel: PluginPanel }) {
  const [stopped, setStopped] = useState<string | null>(null);
  const [starts, setStarts] = useState(0);
  if (stopped !== null)
    return (
      <div className={styles.note} role="alert">
        <p className={texts.problem}>
          {label} was stopped. {stopped}.
        </p>
        <Button
          onPress={() => {
            setStopped(null);
            setStarts(starts + 1);
          }}
        >
          Start again
        </Button>
      </div>
    );
  // Another page, in a frame of its own: no frame ever goes from one page to the next.
  return (
    <Page key={`${from.host} ${from.stamp} ${starts}`} from={from} label={label} onStopped={setStopped} />
  );
}

interface Props {
  readonly from: PanelEntry;
  readonly label: string;
  readonly onStopped: (why: string) => void;
}

function Page({ from, label, onStopped }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(LEAST);
  const [isReady, setReady] = useState(false);
  const [answer, setAnswer] = useState<((allowed: boolean) => void) | null>(null);
  const changing = from.commands.filter((command) => UI_COMMANDS[command].changes);
  // Its frame is started once: whatever else changes of it makes another page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useLayoutEffect(() => {
    if (!frame.current) return;
    return startPanel(frame.current, from, {
      onReady: () => setReady(true),
      onHeight: (pixels) => setHeight(Math.ceil(Math.min(MOST, Math.max(LEAST, pixels)))),
      onStopped,
      allows: asker(from.plugin.id, changing, setAnswer),
    });
  }, []);
  // Opened at the foot of the inspector, it would be out of sight, where it does not even learn how high it is.
  const { id } = from;
  useEffect(() => {
    if (isReady && isWanted(id, height > LEAST)) frame.current?.scrollIntoView({ block: 'nearest' });
  }, [isReady, height, id]);
  return (
    <div className={styles.panel}>
      {answer ? (
        <div className={styles.consent} role="alertdialog" aria-label={`What ${label} may do`}>
          <p>
            {label} wants to{' '}
            {listed(
              changing.map((command) => UI_COMMANDS[command].words),
              9,
            )}
            . You can undo what it does.
          </p>
          <div className={layout.row}>
            <Button onPress={() => answer(true)}>Allow</Button>
            <Button look="plain" onPress={() => answer(false)}>
              Not now
            </Button>
          </div>
        </div>
      ) : null}
      {isReady ? null : <p className={`${texts.quiet} ${styles.note}`}>Loading {label}…</p>}
      <iframe
        ref={frame}
        className={styles.frame}
        data-ready={isReady || undefined}
        style={{ height: isReady ? height : 0 }}
        title={label}
        sandbox="allow-scripts"
        allow=""
        referrerPolicy="no-referrer"
      />
    </div>
  );
}

/** Asks once for all that the panel may change; a no holds until the panel is opened again, a yes for good. */
function asker(
  pluginId: string,
  changing: readonly UiCommand[],
  show: (answer: ((allowed: boolean) => void) | null) => void,
): (command: UiCommand) => Promise<boolean> {
  let asked: Promise<boolean> | null = null;
  return async (command) => {
    if (isAllowed(pluginId, command)) return true;
    asked ??= new Promise((resolve) => {
      show(() => (allowed: boolean) => {
        if (allowed) allowPanel(pluginId, changing);
        show(null);
        resolve(allowed);
      });
    });
    return asked;
  };
}
