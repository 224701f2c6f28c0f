/** The settings in a model's own `retake.json`, and a request completed by them. */
import { join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import {
  type AskedSettings,
  MODEL_SETTING_KEYS,
  type ModelSettings,
  parseModelSettings,
} from '../../../common/model-settings.ts';
import { type EditSettings, parseSettings } from '../../../common/settings.ts';
import { kindOf, readBytes } from '../models/files.ts';
import { resolveRequest } from './request.ts';

const MODEL_SETTINGS_FILE = 'retake.json';
/** A dozen settings take a fraction of this. */
const MOST_BYTES = 2 ** 20;

export interface SuitableSettings {
  readonly values: ModelSettings;
  /** What of the file is not used and why, one line each. */
  readonly problems: readonly string[];
}

const NONE: SuitableSettings = { values: {}, problems: [] };

/** Never throws for what is in the folder: a model without usable settings gets Retake's own. */
export async function readModelSettings(bundle: string): Promise<SuitableSettings> {
  const file = join(bundle, MODEL_SETTINGS_FILE);
  if ((await kindOf(file)) === null) return NONE;
  const unused = (why: string): SuitableSettings => ({
    values: {},
    problems: [`${MODEL_SETTINGS_FILE} of the model is not used: ${why}`],
  });
  let json: unknown;
  try {
    json = JSON.parse(readBytes(file, MOST_BYTES).toString('utf8'));
  } catch (error) {
    return unused(error instanceof AppError ? error.message : 'it is no valid JSON');
  }
  const read = parseModelSettings(json);
  const problems = read.problems.map((line) => `${MODEL_SETTINGS_FILE} of the model: ${line}; not used`);
  const wrong = methodProblem(read.values);
  if (wrong === null) return { values: read.values, problems };
  const { method, params, solver, schedule, ...rest } = read.values;
  return {
    values: rest,
    problems: [
      ...problems,
      `${MODEL_SETTINGS_FILE} of the model: ${wrong}; its method, solver and schedule are not used`,
    ],
  };
}

/** Why method, parameters, solver and schedule of the file do not go together; null where they do. */
function methodProblem({ method, params, solver, schedule }: ModelSettings): string | null {
  if (params !== undefined && method === undefined) return '"params" need a "method"';
  try {
    const prompts = { sourcePrompt: '', prompt: 'any' };
    const given = { method, params, solver, schedule };
    resolveRequest(parseSettings({ clip: '-', bundle: '-', out: '-', ...prompts, ...defined(given) }));
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message;
  }
}

/** @returns the request with what it leaves open taken from its model, else from Retake, and where each came from */
export async function completeSettings(asked: AskedSettings): Promise<EditSettings> {
  return complete(asked, (await readModelSettings(asked.bundle)).values);
}

export function complete(asked: AskedSettings, suitable: ModelSettings): EditSettings {
  const wished = defined(asked);
  const given: ModelSettings = { ...suitable };
  if (wished.method !== undefined && wished.method !== suitable.method) {
    // They were chosen for another method, which may not even know them.
    delete given.params;
    delete given.solver;
  }
  const originOf = (key: (typeof MODEL_SETTING_KEYS)[number]) =>
    wished[key] !== undefined ? 'asked' : given[key] !== undefined ? 'model' : 'retake';
  const origins = Object.fromEntries(MODEL_SETTING_KEYS.map((key) => [key, originOf(key)]));
  return parseSettings({ ...given, ...wished, origins });
}

function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
