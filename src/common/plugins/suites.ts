/**
 * What plugins are asked, in suites: a name, an integer major, its calls. Within a major only optional things are added; Retake
 * offers several majors of a name at once, and each plugin is spoken to in the highest that both know.
 */
import type { z } from 'zod';

/** One function of a plugin: `default[on][id][name](...input)`, or `default[on][id](...input)` where that is a function itself. */
interface PluginCall<
  Input extends z.ZodType<readonly unknown[]> = z.ZodType<readonly unknown[]>,
  Output extends z.ZodType = z.ZodType,
> {
  /** The list of contributions it belongs to: "exporters", "methods", … */
  readonly on: string;
  /** Its arguments, as a tuple; checked before they are sent. */
  readonly input: Input;
  /** Its answer; checked before anybody sees it. Numbers are finite and no key is `__proto__`: that is checked for all. */
  readonly output: Output;
}

export type PluginCalls = Readonly<Record<string, PluginCall>>;

export interface Suite<Calls extends PluginCalls = PluginCalls> {
  readonly name: string;
  readonly major: number;
  readonly calls: Calls;
}

/** "timeline@1", as manifests write it. */
export type SuiteId = `${string}@${number}`;

const SUITE_ID = /^([a-z][a-z0-9-]*)@([1-9][0-9]{0,3})$/;

/** Declares a suite, with the types of its calls. */
export function suite<const Calls extends PluginCalls>(
  name: string,
  major: number,
  calls: Calls,
): Suite<Calls> {
  return { name, major, calls };
}

export function suiteId({ name, major }: Pick<Suite, 'name' | 'major'>): SuiteId {
  return `${name}@${major}`;
}

export interface Agreement {
  /** One major of each name that was asked for, where there is one. */
  readonly speaks: readonly SuiteId[];
  /** Names of which no major is known here, with the majors that were asked for: "timeline@3". */
  readonly missing: readonly string[];
}

/** Of each name that a plugin asks for, the highest major that is offered. */
export function agree(asked: readonly string[], offered: readonly Suite[]): Agreement {
  const majors = new Map<string, number[]>();
  for (const id of asked) {
    const [, name, major] = SUITE_ID.exec(id) ?? [];
    if (name !== undefined) majors.set(name, [...(majors.get(name) ?? []), Number(major)]);
  }
  const speaks: SuiteId[] = [];
  const missing: string[] = [];
  for (const [name, wanted] of majors) {
    const common = offered.filter((one) => one.name === name && wanted.includes(one.major));
    const major = Math.max(...common.map((one) => one.major));
    if (common.length > 0) speaks.push(suiteId({ name, major }));
    else missing.push(wanted.map((one) => suiteId({ name, major: one })).join(' or '));
  }
  return { speaks, missing };
}
