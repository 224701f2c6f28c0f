/** ControlNets of shots. Their list is a setting, so every change is undone as one. */
import { refuse } from '../../common/project/edits.ts';
import { setSettings } from '../../common/project/edits-settings.ts';
import { type Control, controlName, MOST_CONTROLS, newControl } from '../../common/settings/controls.ts';
import { shell } from '../engine.ts';
import { change } from '../store/project.ts';
import { chooseFootage } from './choose-footage.ts';

/** Whose list it is, and the list. */
export interface ControlsOf {
  readonly shots: readonly string[];
  readonly controls: readonly Control[];
}

function put({ shots }: ControlsOf, controls: readonly Control[], name: string, gesture?: string): void {
  change({
    name,
    edit: (draft) => setSettings(draft, shots, { model: { controls: [...controls] } }),
    ...(gesture !== undefined && { gesture }),
  });
}

export function addControlAt(of: ControlsOf, path: string): void {
  if (of.controls.length >= MOST_CONTROLS)
    refuse('adding a ControlNet', `there are ${MOST_CONTROLS} at most`, 'Take one off the list first.');
  put(of, [...of.controls, newControl(path)], `Add ${controlName(path)}`);
}

/** Asks for its file. */
export async function addControlFile(of: ControlsOf): Promise<void> {
  const [path] = (await shell().openModelDialog()) ?? [];
  if (path !== undefined) addControlAt(of, path);
}

/** Asks for its folder. */
export async function addControlFolder(of: ControlsOf): Promise<void> {
  const path = await shell().openFolderDialog('Folder of a ControlNet');
  if (path !== null) addControlAt(of, path);
}

export function removeControl(of: ControlsOf, index: number): void {
  const others = of.controls.filter((_, i) => i !== index);
  put(of, others, `Remove ${controlName(of.controls[index]!.path)}`);
}

/** @param what of it, as the form calls it. A number that is dragged or typed is one entry of the history */
export function changeControl(of: ControlsOf, index: number, what: string, values: Partial<Control>): void {
  const changed = of.controls.map((one, i) => (i === index ? { ...one, ...values } : one));
  const name = `${what} of ${controlName(of.controls[index]!.path)}`;
  const dragged = Object.values(values).every((value) => typeof value === 'number');
  put(of, changed, name, dragged ? `control ${index} ${what} ${of.shots.join()}` : undefined);
}

/** Asks for the clip to follow. */
export async function chooseControlClip(of: ControlsOf, index: number): Promise<void> {
  const chosen = await chooseFootage('choosing what a ControlNet follows');
  if (chosen) changeControl(of, index, 'Clip', { clip: chosen.path, fingerprint: chosen.fingerprint });
}

/** Asks for the folder of an estimator. */
export async function chooseControlEstimator(of: ControlsOf, index: number): Promise<void> {
  const path = await shell().openFolderDialog('Folder of a depth estimator');
  if (path !== null) takeControlEstimator(of, index, path);
}

export function takeControlEstimator(of: ControlsOf, index: number, path: string): void {
  changeControl(of, index, 'Depth estimator', { clip: null, fingerprint: undefined, estimator: path });
}

/** Its depth comes from the model again. */
export function clearControlSources(of: ControlsOf, index: number): void {
  changeControl(of, index, 'Depth', { clip: null, fingerprint: undefined, estimator: null });
}
