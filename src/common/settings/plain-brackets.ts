/**
 * Prompts that were written before words could be weighted: brackets and BREAK were plain text in them, and still are, so that
 * what was rendered comes out the same. New prompts are read as A1111 reads them, and so is everything without such marks.
 */
import { hasMarks } from '../prompts/prompt.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param settings in groups, as a project, a job or a report holds them; those that say how prompts are read stay as they are */
export function withPlainBrackets(settings: unknown): unknown {
  if (!isObject(settings) || !isObject(settings.prompts)) return settings;
  const { prompts } = settings;
  const texts = [prompts.target, prompts.source, prompts.negative];
  const marked = texts.some((text) => typeof text === 'string' && hasMarks(text, 'a1111'));
  if (!marked || prompts.weighting !== undefined) return settings;
  return { ...settings, prompts: { ...prompts, weighting: 'off' } };
}
