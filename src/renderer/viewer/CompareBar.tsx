/** What stands against what, and how. */
import { ArrowLeftRight, X } from 'lucide-react';
import type { Shot } from '../../common/project/document.ts';
import { takesOf } from '../../common/project/edits-takes.ts';
import { run } from '../actions/registry.ts';
import { CommandButton } from '../commands/CommandButton.tsx';
import { useDocument } from '../store/project.ts';
import { type Choice, type Comparison, setComparison, setViewer, useViewer } from '../store/viewer.ts';
import { IconButton } from '../ui/IconButton.tsx';
import layout from '../ui/layout.module.css';
import { type Option, Select } from '../ui/Select.tsx';
import { Slider } from '../ui/Slider.tsx';
import texts from '../ui/text.module.css';
import styles from './CompareBar.module.css';
import { takeFor } from './segments.ts';

const MODES: readonly Option[] = [
  { id: 'wipe', name: 'Wipe' },
  { id: 'split', name: 'Side by side' },
  { id: 'difference', name: 'Difference' },
  { id: 'onion', name: 'Onion skin' },
];

const idOf = (choice: Choice) => (typeof choice === 'string' ? choice : `take:${choice.take}`);
const choiceOf = (id: string): Choice =>
  id.startsWith('take:') ? { take: id.slice(5) } : (id as 'timeline' | 'clip' | 'newest');

export function CompareBar({ shot }: { readonly shot: Shot | null }) {
  const { comparison, a, b, onion, gain } = useViewer(({ comparison, a, b, onion, gain }) => ({
    comparison,
    a,
    b,
    onion,
    gain,
  }));
  const document = useDocument((whole) => whole);
  const same = shot !== null && takeFor(document, shot, a) === takeFor(document, shot, b);
  const options: Option[] = [
    { id: 'clip', name: 'Clip' },
    { id: 'timeline', name: 'Timeline' },
    { id: 'newest', name: 'Newest take' },
    ...(shot ? takesOf(document, shot.id) : []).map((take) => ({ id: `take:${take.id}`, name: take.name })),
  ];
  return (
    <div className={layout.toolbar} role="toolbar" aria-label="Comparison">
      <div className={styles.choice}>
        <Select
          label="Way to compare"
          isLabelHidden
          options={MODES}
          value={comparison}
          onChange={(id) => setComparison(id as Comparison)}
        />
      </div>
      <span className={styles.side}>A</span>
      <div className={styles.choice}>
        <Select
          label="A"
          isLabelHidden
          options={options}
          value={idOf(a)}
          onChange={(id) => setViewer({ a: choiceOf(id) })}
        />
      </div>
      <CommandButton id="compare.swap">
        <ArrowLeftRight />
      </CommandButton>
      <span className={styles.side}>B</span>
      <div className={styles.choice}>
        <Select
          label="B"
          isLabelHidden
          options={options}
          value={idOf(b)}
          onChange={(id) => setViewer({ b: choiceOf(id) })}
        />
      </div>
      {comparison === 'onion' ? (
        <div className={styles.amount}>
          <Slider
            label="Opacity of B"
            isLabelHidden
            isInline
            value={onion}
            min={0}
            max={1}
            step={0.05}
            onChange={(value) => setViewer({ onion: value })}
          />
        </div>
      ) : null}
      {comparison === 'difference' ? (
        <div className={styles.amount}>
          <Slider
            label="Brightness of the difference"
            isLabelHidden
            isInline
            value={gain}
            min={1}
            max={16}
            step={1}
            format={(value) => `× ${value}`}
            onChange={(value) => setViewer({ gain: value })}
          />
        </div>
      ) : null}
      {same ? <span className={texts.quiet}>Both show the same</span> : null}
      <span className={layout.spring} />
      <IconButton name="Stop comparing" onPress={() => void run('compare.toggle')}>
        <X />
      </IconButton>
    </div>
  );
}
