/** What a render would do, and the two buttons that start one. */
import { ChevronUp, Network } from 'lucide-react';
import { useId, useState } from 'react';
import type { Shot } from '../../common/project/document.ts';
import { measureSpeed, stopMeasuring } from '../actions/measure.ts';
import { run } from '../actions/registry.ts';
import { CommandButton } from '../commands/CommandButton.tsx';
import { CommandMenu } from '../commands/CommandMenu.tsx';
import { useKeyLabel } from '../keyboard/bindings.ts';
import { attempt } from '../store/notices.ts';
import { useInTheWay } from '../store/plugins.ts';
import { useEngineState } from '../store/session.ts';
import { useSpeeds } from '../store/speeds.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import texts from '../ui/text.module.css';
import { sentence } from '../words.ts';
import { planText } from './plan-text.ts';
import styles from './RenderFooter.module.css';
import { usePlan } from './use-plan.ts';

/** Papers' words, where they are looked for. */
const ANALYSIS_TERM = 'Papers: to analyse is to invert';
const CALLS_TERM = 'Papers: evaluations of the UNet, in inversion and sampling';

export function RenderFooter({ shots }: { readonly shots: readonly Shot[] }) {
  const { engine } = useEngineState();
  const plan = usePlan(shots);
  const note = useId();
  const keys = useKeyLabel('render.shots');
  const wayOf = useInTheWay('shot');
  const away = shots.map(({ settings }) => wayOf(settings)).find((line) => line !== null);
  const reason =
    engine !== 'up'
      ? 'The engine is starting again.'
      : away
        ? `${away}.`
        : plan.state === 'failed'
          ? plan.why
          : null;
  const text = plan.state === 'ready' ? planText(plan.plan) : null;
  const speed = plan.state === 'ready' ? plan.plan.speed : null;
  const notes = plan.state === 'ready' ? plan.plan.notes : [];
  return (
    <div className={styles.footer}>
      <div id={note} className={styles.plan} role="status">
        {reason ? (
          <>
            <p className={texts.warn}>{reason}</p>
            {away ? <Button onPress={() => setView({ dialog: 'plugins' })}>Plugins…</Button> : null}
          </>
        ) : text ? (
          <>
            <p className={styles.cost} title={CALLS_TERM}>
              {text.cost}
              <Measure shots={shots} isUnknown={speed === 'on-asking'} />
            </p>
            <p className={texts.quiet} title={ANALYSIS_TERM}>
              {text.work}
            </p>
            <p className={texts.quiet} title={CALLS_TERM}>
              {text.calls}
            </p>
            {notes.map((line) => (
              <p key={line} className={texts.warn}>
                {sentence(line)}
              </p>
            ))}
          </>
        ) : (
          <p className={texts.quiet}>Counting what a render takes…</p>
        )}
      </div>
      <div className={styles.buttons}>
        <Button aria-describedby={note} isDisabled={reason !== null} onPress={() => void run('render.frame')}>
          Preview frame
        </Button>
        <OtherRenders isDisabled={reason !== null} />
        <Button
          look="render"
          aria-describedby={note}
          isDisabled={reason !== null}
          onPress={() => void run('render.shots')}
        >
          {shots.length > 1 ? `Render ${shots.length} shots` : 'Render'}
          {keys ? <kbd>{keys}</kbd> : null}
        </Button>
        <CommandButton id="render.farm" isDisabled={engine !== 'up'}>
          <Network />
        </CommandButton>
      </div>
    </div>
  );
}

/** A large model is not loaded unasked: the artist may ask how long it takes. */
function Measure({ shots, isUnknown }: { readonly shots: readonly Shot[]; readonly isUnknown: boolean }) {
  const isMeasuring = useSpeeds(({ measuring }) => measuring !== null);
  if (isMeasuring)
    return (
      <Button look="plain" aria-label="Stop measuring" onPress={stopMeasuring}>
        Measuring… Cancel
      </Button>
    );
  if (!isUnknown) return null;
  return (
    <Button look="plain" onPress={() => void attempt(measureSpeed(shots))}>
      Measure one call
    </Button>
  );
}

const OTHERS = ['render.frame', 'render.three', null, 'render.range', 'render.variations', 'model.try'];

/** Further ways to see something of a shot before all of it is rendered. */
function OtherRenders({ isDisabled }: { readonly isDisabled: boolean }) {
  const [menu, setMenu] = useState<{ readonly x: number; readonly y: number } | null>(null);
  return (
    <span className={styles.others}>
      <IconButton
        name="More previews and tests"
        isDisabled={isDisabled}
        onPress={() => setMenu({ x: 0, y: 0 })}
      >
        <ChevronUp />
      </IconButton>
      <CommandMenu label="Previews and tests" entries={OTHERS} at={menu} onClose={() => setMenu(null)} />
    </span>
  );
}
