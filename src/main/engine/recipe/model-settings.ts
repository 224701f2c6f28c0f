/** The settings in a model's own `retake.json`, and a request completed by them. */
import { basename, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { type Grouped, parseWith } from '../../../common/settings/catalogue.ts';
import {
  type AskedSettings,
  type ModelSettings,
  parseModelSettings,
} from '../../../common/settings/model-settings.ts';
import type { Origins } from '../../../common/settings/origins.ts';
import { type EditSettings, SETTINGS } from '../../../common/settings/settings.ts';
import { kindOf, readBytes } from '../models/files.ts';
import { resolveRequest } from './request.ts';

const MODEL_SETTINGS_FILE = 'retake.json';
/** A dozen settings take a fraction of this. */
const MOST_BYTES = 1e6;

export interface SuitableSettings {
  readonly values: ModelSettings;
  /** What of the file is not used and why, one line each. */
  readonly problems: readonly string[];
}

const NONE: SuitableSettings = { values: {}, problems: [] };

/** In a model's folder, or beside the one file that it is, under its name: "dreamy.retake.json". */
function settingsFile(model: string): string {
  const stem = model.replace(/\.safetensors$/i, '');
  return stem === model ? join(model, MODEL_SETTINGS_FILE) : `${stem}.${MODEL_SETTINGS_FILE}`;
}

/**
 * Never throws for what is in the file: a model without usable settings gets Retake's own.
 * @param model its folder, or its one file
 */
export async function readModelSettings(model: string): Promise<SuitableSettings> {
  const file = settingsFile(model);
  const name = basename(file);
  if ((await kindOf(file)) === null) return NONE;
  const unused = (why: string): SuitableSettings => ({
    values: {},
    problems: [`${name} of the model is not used: ${why}`],
  });
  let json: unknown;
  try {
    json = JSON.parse(readBytes(file, MOST_BYTES).toString('utf8'));
  } catch (error) {
    return unused(error instanceof AppError ? error.message : 'it is no valid JSON');
  }
  const read = parseModelSettings(json);
  const problems = read.problems.map((line) => `${name} of the model: ${line}; not used`);
  const wrong = await methodProblem(read.values);
  if (wrong === null) return { values: read.values, problems };
  const { method, sampling: { solver, schedule, ...sampling } = {}, ...rest } = read.values;
  return {
    values: { ...rest, ...(Object.keys(sampling).length > 0 && { sampling }) },
    problems: [...problems, `${name} of the model: ${wrong}; its method, solver and schedule are not used`],
  };
}

/** Why method, parameters, solver and schedule of the file do not go together; null where they do. */
async function methodProblem({ method, sampling }: ModelSettings): Promise<string | null> {
  if (method?.params !== undefined && method.id === undefined) return '"params" need the "id" of a method';
  try {
    const { defaults } = SETTINGS;
    await resolveRequest({
      method: { ...defaults.method, ...method },
      sampling: { ...defaults.sampling, ...sampling },
    });
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message;
  }
}

/** @returns the request with what it leaves open taken from its model, else from Retake, and where each came from */
export async function completeSettings(asked: AskedSettings): Promise<EditSettings> {
  return complete(asked, (await readModelSettings(asked.model.bundle)).values);
}

/** @param settings tests add to them */
export function complete(
  asked: AskedSettings,
  suitable: ModelSettings,
  settings: typeof SETTINGS = SETTINGS,
): EditSettings {
  const given = settings.pick(suitable, 'look');
  const { id } = asked.method;
  if (id !== undefined && id !== suitable.method?.id) {
    // They were chosen for another method, which may not even know them.
    delete given.method;
    delete given.sampling?.solver;
  }
  const values: Record<string, Record<string, unknown>> = {};
  const origins: Origins = {};
  for (const { group, key, path, scope } of settings.fields) {
    const wished = (asked as Grouped)[group]?.[key];
    const own = (given as Grouped)[group]?.[key];
    if (wished !== undefined || own !== undefined) {
      values[group] = { ...values[group], [key]: wished !== undefined ? wished : own };
    }
    if (scope === 'look') {
      origins[path] = wished !== undefined ? 'asked' : own !== undefined ? 'model' : 'retake';
    }
  }
  return parseWith(settings, { ...values, origins });
}
