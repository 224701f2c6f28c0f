/** Settings that suit a model and come with it, as `retake.json` in its folder: what a request leaves open, they fill. */
import { z } from 'zod';
import { issueText } from './issue.ts';
import { type EditSettings, editSettings } from './settings.ts';

const { shape } = editSettings;

/** The settings a model may speak about, without Retake's own defaults. */
const fields = {
  method: shape.method.unwrap(),
  params: shape.params.unwrap(),
  solver: shape.solver.unwrap(),
  schedule: shape.schedule.unwrap(),
  inversion: shape.inversion.unwrap(),
  refinement: shape.refinement.unwrap(),
  steps: shape.steps.unwrap(),
  guidance: shape.guidance.unwrap(),
  keep: shape.keep.unwrap(),
  size: shape.size.unwrap(),
};

export type ModelSettingKey = keyof typeof fields;
export type ModelSettings = Partial<Pick<EditSettings, ModelSettingKey>>;

export const MODEL_SETTING_KEYS = Object.keys(fields) as readonly ModelSettingKey[];

/** A request as it is asked: what it leaves open is the model's to say, then Retake's. */
export const askedSettings = editSettings.extend(z.object(fields).partial().shape);
export type AskedSettings = z.output<typeof askedSettings>;

/** Reads each setting for itself: one that is wrong is named and left out, and takes no other with it. */
export function parseModelSettings(json: unknown): {
  readonly values: ModelSettings;
  readonly problems: readonly string[];
} {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { values: {}, problems: ['it is no list of settings by name'] };
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, value] of Object.entries(json)) {
    const field = Object.hasOwn(fields, key) ? fields[key as ModelSettingKey] : null;
    const read = field?.safeParse(value);
    if (read?.success) values[key] = read.data;
    else if (read) problems.push(`"${key}" ${issueText(read.error.issues[0]!)}`);
    else problems.push(`"${key}" is no setting that a model can give`);
  }
  return { values: values as ModelSettings, problems };
}
