/** What the artist asks of one shot, in groups; a group is a file, a setting is a value in it. */
import { type Catalogue, catalogueOf, parseWith, type Request, type Some, type Values } from './catalogue.ts';
import { extend } from './extend.ts';
import type { Scope } from './field.ts';
import { guide } from './guide.ts';
import { inversion } from './inversion.ts';
import { method } from './method.ts';
import { model } from './model.ts';
import type { Origins } from './origins.ts';
import { output } from './output.ts';
import { prompts } from './prompts.ts';
import { sampling } from './sampling.ts';
import { source } from './source.ts';

export const GROUPS = { source, model, prompts, method, sampling, inversion, guide, extend, output };
type Groups = typeof GROUPS;

export const SETTINGS: Catalogue<Groups> = catalogueOf(GROUPS);

export type EditSettings = Values<Groups> & { origins: Origins };
export type EditRequest = Request<Groups> & { origins?: Origins };
export type ShotSettings = Values<Groups, 'shot'>;
/** Some settings of a scope, in their groups. */
export type SomeSettings<S extends Scope = 'request'> = Some<Groups, S>;

export const editSettings = SETTINGS.edit;

/** Checks and completes a request. @throws AppError usage naming the first setting that is wrong */
export function parseSettings(request: unknown): EditSettings {
  return parseWith(SETTINGS, request);
}
