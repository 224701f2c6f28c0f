/** Whether something is a template. Ours, since no validator of it is published to npm; whoever checks one asks here. */
import { referenceProblems, type TemplateProblem } from './references.ts';
import { type JobTemplate, jobTemplate } from './schema.ts';

/** What is wrong with a template, one line each; none where it is one. */
export function checkTemplate(template: unknown): readonly string[] {
  const { data, error } = jobTemplate.safeParse(template);
  const problems = data ? [...problemsOf(data)] : error!.issues;
  return problems.map(({ path, message }) => `${path.join('.') || 'the template'}: ${message}`);
}

function* problemsOf(template: JobTemplate): Generator<TemplateProblem> {
  const names = template.steps.map(({ name }) => name);
  const ofJob = new Set(template.jobEnvironments?.map(({ name }) => name));
  const chunks = template.extensions?.includes('TASK_CHUNKING') ?? false;
  for (const [
    i,
    { name, dependencies = [], stepEnvironments = [], parameterSpace: space },
  ] of template.steps.entries()) {
    const path = ['steps', i];
    if (space?.taskParameterDefinitions.some(({ type }) => type === 'CHUNK[INT]') && !chunks)
      yield { path, message: 'CHUNK[INT] wants the extension TASK_CHUNKING' };
    for (const { dependsOn } of dependencies) {
      if (dependsOn === name || !names.includes(dependsOn))
        yield { path, message: `it cannot depend on "${dependsOn}"` };
    }
    if (stepEnvironments.some((one) => ofJob.has(one.name)))
      yield { path, message: 'an environment has the name of one of the job' };
  }
  if (hasCycle(template)) yield { path: ['steps'], message: 'steps wait for each other' };
  yield* referenceProblems(template);
}

function hasCycle({ steps }: JobTemplate): boolean {
  const left = new Map(
    steps.map(({ name, dependencies = [] }) => [name, dependencies.map((one) => one.dependsOn)]),
  );
  for (let before = -1; left.size !== before; ) {
    before = left.size;
    for (const [name, waits] of left) if (!waits.some((one) => left.has(one))) left.delete(name);
  }
  return left.size > 0;
}
