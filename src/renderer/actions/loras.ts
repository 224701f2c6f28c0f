/** LoRAs of shots. Their list is a setting, so every change is undone as one. */
import { refuse } from '../../common/project/edits.ts';
import { setSettings } from '../../common/project/edits-settings.ts';
import { FULL_STRENGTH, type LoraUse, loraName, MOST_LORAS } from '../../common/settings/loras.ts';
import { shell } from '../engine.ts';
import { change } from '../store/project.ts';

function put(shots: readonly string[], loras: readonly LoraUse[], name: string, gesture?: string): void {
  const edit = {
    name,
    edit: (draft: Parameters<typeof setSettings>[0]) =>
      setSettings(draft, shots, { model: { loras: [...loras] } }),
  };
  change(gesture === undefined ? edit : { ...edit, gesture });
}

/** Asks for files; all that are chosen are added. */
export async function addLoras(shots: readonly string[], loras: readonly LoraUse[]): Promise<void> {
  const paths = (await shell().openModelDialog()) ?? [];
  if (paths.length > 0) addLorasAt(shots, loras, paths);
}

export function addLorasAt(
  shots: readonly string[],
  loras: readonly LoraUse[],
  paths: readonly string[],
): void {
  const added = paths.filter((path) => !loras.some((one) => one.path === path));
  if (added.length === 0) refuse('adding a LoRA', 'it is in the list already', 'Change its strength there.');
  if (loras.length + added.length > MOST_LORAS)
    refuse('adding a LoRA', `there are ${MOST_LORAS} at most`, 'Take one off the list first.');
  const all = [...loras, ...added.map((path) => ({ path, strength: FULL_STRENGTH }))];
  put(shots, all, `Add ${added.map(loraName).join(', ')}`);
}

/** Dragging a slider is one entry of the history. */
export function setLoraStrength(
  shots: readonly string[],
  loras: readonly LoraUse[],
  index: number,
  strength: number,
): void {
  const { path } = loras[index]!;
  const changed = loras.map((one, i) => (i === index ? { ...one, strength } : one));
  put(shots, changed, `Strength of ${loraName(path)}`, `lora ${path} ${shots.join()}`);
}

export function removeLora(shots: readonly string[], loras: readonly LoraUse[], index: number): void {
  put(
    shots,
    loras.filter((_, i) => i !== index),
    `Remove ${loraName(loras[index]!.path)}`,
  );
}
