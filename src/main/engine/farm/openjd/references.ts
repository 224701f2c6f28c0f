/** Whether every value that a format string names is there where it stands (Open Job Description 2023-09, section 7.3.1). */
import type { JobTemplate } from './schema.ts';
import { referencesIn } from './strings.ts';

export interface TemplateProblem {
  readonly path: (string | number)[];
  readonly message: string;
}

const SESSION = ['WorkingDirectory', 'HasPathMappingRules', 'PathMappingRulesFile'].map(
  (name) => `Session.${name}`,
);

export function* referenceProblems(template: JobTemplate): Generator<TemplateProblem> {
  const parameters = template.parameterDefinitions ?? [];
  const raw = parameters.map(({ name }) => `RawParam.${name}`);
  const onHosts = [...raw, ...parameters.map(({ name }) => `Param.${name}`), ...SESSION];
  // Paths are mapped on the machine that runs the task.
  const early = [
    ...raw,
    ...parameters.flatMap(({ name, type }) => (type === 'PATH' ? [] : [`Param.${name}`])),
  ];
  const inside = (what: unknown, path: TemplateProblem['path'], known: readonly string[]) =>
    unknownIn(what, path, new Set(known));
  yield* inside(template.name, ['name'], early);
  yield* environments(template.jobEnvironments, ['jobEnvironments']);
  for (const [i, step] of template.steps.entries()) {
    const path = ['steps', i];
    yield* environments(step.stepEnvironments, [...path, 'stepEnvironments']);
    yield* inside(step.hostRequirements, [...path, 'hostRequirements'], early);
    yield* inside(step.parameterSpace?.taskParameterDefinitions, [...path, 'parameterSpace'], early);
    const tasks = step.parameterSpace?.taskParameterDefinitions ?? [];
    yield* inside(
      step.script,
      [...path, 'script'],
      [
        ...onHosts,
        ...tasks.flatMap(({ name }) => [`Task.Param.${name}`, `Task.RawParam.${name}`]),
        ...(step.script.embeddedFiles ?? []).map(({ name }) => `Task.File.${name}`),
      ],
    );
  }

  function* environments(
    all: JobTemplate['jobEnvironments'],
    path: TemplateProblem['path'],
  ): Generator<TemplateProblem> {
    for (const [i, { script, variables }] of (all ?? []).entries()) {
      const files = (script?.embeddedFiles ?? []).map(({ name }) => `Env.File.${name}`);
      yield* inside({ script, variables }, [...path, i], [...onHosts, ...files]);
    }
  }
}

function* unknownIn(
  what: unknown,
  path: TemplateProblem['path'],
  known: ReadonlySet<string>,
): Generator<TemplateProblem> {
  if (typeof what === 'string') {
    for (const name of referencesIn(what) ?? [])
      if (!known.has(name)) yield { path, message: `there is no value "${name}" here` };
  } else if (Array.isArray(what)) {
    for (const [i, one] of what.entries()) yield* unknownIn(one, [...path, i], known);
  } else if (typeof what === 'object' && what !== null) {
    for (const [key, one] of Object.entries(what)) yield* unknownIn(one, [...path, key], known);
  }
}
