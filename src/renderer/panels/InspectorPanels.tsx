/** Panels of plugins below the settings of the shot, each in a fold that is as it was left. */
import { foldPanel, panelFold } from '../actions/panels.ts';
import { useFold } from '../store/folds.ts';
import { type PluginPanel, usePluginPanels } from '../store/panels.ts';
import { Fold } from '../ui/Fold.tsx';
import { PanelView } from './PanelView.tsx';

export function InspectorPanels() {
  const panels = usePluginPanels().filter(({ where }) => where === 'inspector');
  return panels.length === 0 ? null : (
    <section aria-label="Panels of plugins">
      {panels.map((panel) => (
        <PanelOfPlugin key={panel.id} panel={panel} />
      ))}
    </section>
  );
}

/** Folded, its page is not there. */
function PanelOfPlugin({ panel }: { readonly panel: PluginPanel }) {
  const isOpen = useFold(panelFold(panel.id));
  const { name } = panel.from.plugin;
  return (
    <Fold
      id={panel.id}
      title={panel.label}
      chosen={name === panel.label ? undefined : name}
      isOpen={isOpen}
      onToggle={foldPanel}
    >
      {isOpen ? <PanelView panel={panel} /> : null}
    </Fold>
  );
}
