/** Settings that every method has: steps, guidance, seed, size, and the finer ones behind a fold. */
import { ChevronRight, Dices } from 'lucide-react';
import { useState } from 'react';
import {
  Button as AriaButton,
  Heading as AriaHeading,
  Disclosure,
  DisclosurePanel,
} from 'react-aria-components';
import type { Shot } from '../../common/project/document.ts';
import { setChosenSettings } from '../actions/settings.ts';
import { useBundles, useModelDefaults } from '../store/bundles.ts';
import { useMethods } from '../store/methods.ts';
import { useDocument } from '../store/project.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { Select } from '../ui/Select.tsx';
import { differIn } from './differs.ts';
import { NumberInput } from './NumberInput.tsx';
import { Heading, NumberRow } from './NumberRow.tsx';
import styles from './Sampling.module.css';
import setting from './setting.module.css';

const LARGEST_SEED = 0xffffffff;

const SCHEDULES = [
  { id: 'bundle', name: 'As the model was trained' },
  { id: 'karras', name: 'Karras' },
  { id: 'exponential', name: 'Exponential' },
];
const INVERSIONS = [
  { id: 'upper', name: 'Upper', note: 'The timestep an inversion step goes to' },
  { id: 'lower', name: 'Lower', note: 'The timestep it comes from' },
];

/** What the project has, also where this version of the list does not know it. */
function known(options: readonly { id: string; name: string }[], value: string) {
  return options.some((one) => one.id === value) ? options : [...options, { id: value, name: value }];
}

interface Props {
  readonly shot: Shot;
  readonly shots: readonly Shot[];
}

export function Sampling({ shot, shots }: Props) {
  const { steps, guidance, keep, seed } = shot.settings;
  const defaults = useModelDefaults();
  return (
    <>
      <NumberRow
        label="Steps"
        value={steps}
        differs={differIn(shots, (settings) => settings.steps)}
        fallback={defaults.steps}
        min={1}
        max={1000}
        sliderMax={100}
        step={1}
        integer
        onChange={(value) => setChosenSettings({ steps: value })}
      />
      <NumberRow
        label="Guidance"
        description="How strictly the prompt is followed"
        value={guidance}
        differs={differIn(shots, (settings) => settings.guidance)}
        fallback={defaults.guidance}
        min={0}
        max={50}
        sliderMax={20}
        step={0.1}
        integer={false}
        onChange={(value) => setChosenSettings({ guidance: value })}
      />
      <NumberRow
        label="Keep"
        description="Keeps the clip where both prompts mean the same; 0 is off"
        value={keep}
        differs={differIn(shots, (settings) => settings.keep)}
        fallback={defaults.keep}
        min={0}
        max={1}
        step={0.05}
        integer={false}
        onChange={(value) => setChosenSettings({ keep: value })}
      />
      <div className={setting.setting}>
        <Heading
          label="Seed"
          isDefault={seed === defaults.seed}
          onReset={() => setChosenSettings({ seed: defaults.seed })}
        />
        <div className={setting.seed}>
          <NumberInput
            label="Seed"
            value={seed}
            differs={differIn(shots, (settings) => settings.seed)}
            min={0}
            max={LARGEST_SEED}
            integer
            onChange={(value) => setChosenSettings({ seed: value ?? 0 })}
          />
          <IconButton
            name="Another seed by chance"
            onPress={() => setChosenSettings({ seed: crypto.getRandomValues(new Uint32Array(1))[0]! })}
          >
            <Dices />
          </IconButton>
        </div>
      </div>
      <SizeSetting shot={shot} shots={shots} />
      <Finer shot={shot} shots={shots} />
    </>
  );
}

function SizeSetting({ shot, shots }: Props) {
  const bundles = useBundles();
  const dir = useDocument((document) => document.bundle);
  const bundle = bundles?.find((one) => (dir === null ? one.isDefault : one.dir === dir));
  const { size } = shot.settings;
  return (
    <div className={setting.setting}>
      <Heading
        label="Size"
        note="Side in pixels of the square with the picture's area"
        isDefault={size === null && !differIn(shots, (settings) => settings.size)}
        onReset={() => setChosenSettings({ size: null })}
      />
      <NumberInput
        label="Size in pixels"
        value={size}
        differs={differIn(shots, (settings) => settings.size)}
        min={8}
        max={4096}
        step={64}
        integer
        empty={bundle ? `${bundle.nativeSize}, as trained` : 'As trained'}
        onChange={(value) => setChosenSettings({ size: value })}
      />
    </div>
  );
}

/** Open or folded as the artist left it, for all shots. */
let wasOpen = false;

/** Those with which the method is right. */
function useSolvers(method: string) {
  const found = useMethods()?.find(({ id }) => id === method)?.solvers ?? [];
  return [{ id: '', name: "The method's own" }, ...found.map(({ id, label }) => ({ id, name: label }))];
}

function Finer({ shot, shots }: Props) {
  const { method, solver, schedule, inversion, refinement } = shot.settings;
  const defaults = useModelDefaults();
  const [isOpen, setOpen] = useState(wasOpen);
  const solvers = useSolvers(method);
  return (
    <Disclosure
      className={styles.fold}
      isExpanded={isOpen}
      onExpandedChange={(open) => {
        wasOpen = open;
        setOpen(open);
      }}
    >
      <AriaHeading level={3}>
        <AriaButton slot="trigger" className={styles.button}>
          <ChevronRight aria-hidden="true" />
          Solver and inversion
        </AriaButton>
      </AriaHeading>
      <DisclosurePanel className={styles.body}>
        <Select
          label="Solver"
          options={known(solvers, solver ?? '')}
          value={solver ?? ''}
          differs={differIn(shots, (settings) => settings.solver)}
          onChange={(id) => setChosenSettings({ solver: id === '' ? null : id })}
        />
        <Select
          label="Noise schedule"
          options={known(SCHEDULES, schedule)}
          value={schedule}
          differs={differIn(shots, (settings) => settings.schedule)}
          onChange={(id) => setChosenSettings({ schedule: id })}
        />
        <Select
          label="Inversion step"
          options={INVERSIONS}
          value={inversion}
          differs={differIn(shots, (settings) => settings.inversion)}
          onChange={(id) => setChosenSettings({ inversion: id as 'upper' | 'lower' })}
        />
        <NumberRow
          label="Refinement"
          description="Fixed-point iterations per inversion step: closer to the clip, that many times slower"
          value={refinement}
          differs={differIn(shots, (settings) => settings.refinement)}
          fallback={defaults.refinement}
          min={0}
          max={20}
          step={1}
          integer
          onChange={(value) => setChosenSettings({ refinement: value })}
        />
      </DisclosurePanel>
    </Disclosure>
  );
}
