/** Panels of plugins along the bottom of the window: a strip of their names, and the one that is open above it. */
import { usePluginPanels } from '../store/panels.ts';
import { setView, useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import styles from './BottomPanels.module.css';
import { PanelView } from './PanelView.tsx';

export function useHasBottomPanels(): boolean {
  return usePluginPanels().some(({ where }) => where === 'bottom');
}

export function BottomPanels() {
  const panels = usePluginPanels().filter(({ where }) => where === 'bottom');
  const open = useView((view) => view.bottom);
  const shown = panels.find(({ id }) => id === open);
  if (panels.length === 0) return null;
  return (
    <section className={styles.bottom} aria-label="Panels of plugins">
      {shown ? (
        <div className={styles.body}>
          <PanelView key={shown.id} panel={shown} />
        </div>
      ) : null}
      <div className={styles.strip}>
        {panels.map(({ id, label }) => (
          <Button
            key={id}
            look="plain"
            aria-expanded={id === open}
            onPress={() => setView({ bottom: id === open ? null : id })}
          >
            {label}
          </Button>
        ))}
      </div>
    </section>
  );
}
