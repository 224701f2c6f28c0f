/** What the window shows while no project is open: the example, a new project, recent ones. */
import { FilePlus2, FolderOpen, History, Sparkles } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { openProject } from '../actions/project.ts';
import { run } from '../actions/registry.ts';
import { shell } from '../engine.ts';
import { useKeyLabel } from '../keyboard/bindings.ts';
import { attempt } from '../store/notices.ts';
import { useEngineState } from '../store/session.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import { folderOf, nameOfProject } from './paths.ts';
import styles from './Start.module.css';

interface Known {
  readonly recent: readonly string[];
  readonly demo: boolean;
}

export function Start() {
  const [known, setKnown] = useState<Known | null>(null);
  const { engine, why } = useEngineState();
  const newKeys = useKeyLabel('file.new');
  const openKeys = useKeyLabel('file.open');
  const renderKeys = useKeyLabel('render.shots');
  useEffect(() => {
    const ask = async () => {
      const [recent, demo] = await Promise.all([shell().recentProjects(), shell().demo()]);
      setKnown({ recent, demo: demo !== null });
    };
    void attempt(ask());
  }, []);
  const isDown = engine === 'failed' || engine === 'restarting';
  return (
    <main className={styles.welcome}>
      <div className={styles.body}>
        <h1>Retake</h1>
        <p>
          Retake re-shoots footage by text: drop a clip on this window, say what each shot shall show, and
          render it as a new take.
        </p>
        {isDown ? (
          <p className={texts.problem} role="alert">
            {engine === 'failed' ? 'The engine does not start' : 'The engine stopped and is starting again'}
            {why ? `: ${why}` : '.'}
          </p>
        ) : null}
        <div className={styles.doors}>
          {known?.demo ? (
            <Button look="primary" onPress={() => void run('file.demo')}>
              <Sparkles aria-hidden="true" />
              Open the example
            </Button>
          ) : null}
          <Button look={known?.demo ? 'normal' : 'primary'} onPress={() => void run('file.new')}>
            <FilePlus2 aria-hidden="true" />
            New project… <kbd>{newKeys}</kbd>
          </Button>
          <Button onPress={() => void run('file.open')}>
            <FolderOpen aria-hidden="true" />
            Open project… <kbd>{openKeys}</kbd>
          </Button>
          <Button onPress={() => void run('file.backups')}>
            <History aria-hidden="true" />
            Open a backup…
          </Button>
        </div>
        {known?.demo ? (
          <p className={texts.quiet}>
            The example is a short clip with its prompts written and a small model: press{' '}
            <kbd>{renderKeys}</kbd> in it, and a take is there in about a minute.
          </p>
        ) : null}
        {known && known.recent.length > 0 ? <Recent paths={known.recent} /> : null}
      </div>
    </main>
  );
}

function Recent({ paths }: { readonly paths: readonly string[] }) {
  return (
    <nav aria-label="Recent projects">
      <h2>Recent</h2>
      <ul className={styles.recent}>
        {paths.map((path) => (
          <li key={path}>
            <AriaButton className={styles.project} onPress={() => void attempt(openProject(path))}>
              <span>{nameOfProject(path)}</span>
              <span className={`${texts.quiet} ${styles.folder}`}>{folderOf(path)}</span>
            </AriaButton>
          </li>
        ))}
      </ul>
    </nav>
  );
}
