/** Exports that suit a program, and those that the artist keeps. Data: a preset fills the sheet and decides nothing else. */
import { z } from 'zod';
import { type ExportChoice, exportChoice } from './choice.ts';

export interface ExportPreset {
  readonly name: string;
  /** What it makes, in a line. */
  readonly note: string;
  readonly choice: ExportChoice;
}

const NAMES = '{project}_{shot}_{take}';

/** Programs that take the files as they are: nothing is encoded again. */
const COPIED = {
  what: 'timeline',
  media: { as: 'copy' },
  names: null,
  resolve: false,
  credentials: 'model',
} as const;

const made = {
  as: 'made',
  format: 'prores422hq',
  sound: true,
  handles: 0,
  handlesFromClip: true,
  rate: null,
} as const;

export const EXPORT_PRESETS: readonly ExportPreset[] = [
  {
    name: 'For Final Cut Pro',
    note: 'Files as they are; each shot with several takes is an audition',
    choice: { ...COPIED, timelines: { formats: ['fcpxml'], takes: 'all', fcpxml: '1.10' } },
  },
  {
    name: 'For Premiere Pro',
    note: 'Files as they are; takes lie above their clips, the shown one enabled',
    choice: { ...COPIED, timelines: { formats: ['xmeml', 'otio-tracks'], takes: 'all', fcpxml: '1.10' } },
  },
  {
    name: 'For DaVinci Resolve',
    note: 'Files as they are, and a script that puts takes into the take selector',
    choice: {
      ...COPIED,
      timelines: { formats: ['resolve', 'otio-tracks'], takes: 'all', fcpxml: '1.10' },
      resolve: true,
    },
  },
  {
    name: 'For Avid',
    note: 'A DNxHR MXF for every shot, with handles, and a list',
    choice: {
      ...{ what: 'all-shots', names: NAMES, resolve: false, credentials: 'model' },
      media: { ...made, format: 'dnxhr-hqx-mxf', handles: 24 },
      timelines: { formats: ['edl'], takes: 'shown', fcpxml: '1.10' },
    },
  },
  {
    name: 'For Kdenlive or Shotcut',
    note: 'Files as they are; other takes lie on hidden tracks',
    choice: { ...COPIED, timelines: { formats: ['kdenlive', 'shotcut'], takes: 'all', fcpxml: '1.10' } },
  },
  {
    name: 'For Nuke (EXR)',
    note: 'Linear half-float pictures for every shot, with handles',
    choice: {
      ...{ what: 'all-shots', names: NAMES, resolve: false, credentials: 'model' },
      media: { ...made, format: 'exr', handles: 8, sound: false },
      timelines: { formats: ['otio-tracks'], takes: 'shown', fcpxml: '1.10' },
    },
  },
  {
    name: 'One movie (ProRes 422 HQ)',
    note: 'The timeline as it plays, in one file',
    choice: {
      ...{ what: 'timeline', names: '{project}', resolve: false, credentials: 'model' },
      media: made,
      timelines: null,
    },
  },
  {
    name: 'Proxy to mail (H.264)',
    note: 'The timeline as it plays, small',
    choice: {
      ...{ what: 'timeline', names: '{project}_{date}', resolve: false, credentials: 'model' },
      media: { ...made, format: 'h264' },
      timelines: null,
    },
  },
];

const ownPreset = z.object({ name: z.string().trim().min(1).max(80), choice: exportChoice });
export type OwnPreset = z.infer<typeof ownPreset>;

/** What is kept, as far as it can be read: one that this version does not know does not take the others with it. */
export function readOwnPresets(text: string | null): readonly OwnPreset[] {
  try {
    return z
      .array(z.unknown())
      .parse(JSON.parse(text ?? '[]'))
      .flatMap((one) => {
        const read = ownPreset.safeParse(one);
        return read.success ? [read.data] : [];
      });
  } catch {
    return [];
  }
}

const sameName = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

/** Null for a name that can be given; else why not. `renamed` is the preset whose own name it may stay. */
export function nameFault(
  list: readonly OwnPreset[],
  name: string,
  renamed: string | null = null,
): string | null {
  if (name.trim() === '') return 'Give it a name.';
  if (EXPORT_PRESETS.some((one) => sameName(one.name, name))) return 'A preset of Retake has this name.';
  const taken = list.some((one) => sameName(one.name, name) && one.name !== renamed);
  return taken && renamed !== null ? 'Another preset has this name.' : null;
}

/** With one added; one of the same name is replaced. In order of names. */
export function withOwnPreset(
  list: readonly OwnPreset[],
  name: string,
  choice: ExportChoice,
): readonly OwnPreset[] {
  const others = list.filter((one) => !sameName(one.name, name));
  return [...others, { name: name.trim(), choice }].sort((a, b) => a.name.localeCompare(b.name));
}

export function renamedPreset(list: readonly OwnPreset[], from: string, to: string): readonly OwnPreset[] {
  const kept = list.find((one) => one.name === from);
  return kept
    ? withOwnPreset(
        list.filter((one) => one !== kept),
        to,
        kept.choice,
      )
    : list;
}

/** The preset whose choice this is, by name; null where the artist chose otherwise. */
export function presetOf(choice: ExportChoice, own: readonly OwnPreset[]): string | null {
  const text = canonical(choice);
  return [...own, ...EXPORT_PRESETS].find((one) => canonical(one.choice) === text)?.name ?? null;
}

/** Keys in one order, so that two choices that say the same are the same text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    one instanceof Object && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
