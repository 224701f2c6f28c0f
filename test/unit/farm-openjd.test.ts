/** Templates of Open Job Description: ours are some, and what is none is refused as others refuse it. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openjd } from '../../src/main/engine/farm/drivers/openjd.ts';
import { settingsFor } from '../../src/main/engine/farm/drivers/registry.ts';
import { type FarmJob, farmJob } from '../../src/main/engine/farm/job-folder.ts';
import { assetReferences } from '../../src/main/engine/farm/openjd/bundle.ts';
import { checkTemplate } from '../../src/main/engine/farm/openjd/check.ts';
import { combinationOf, countOfRange } from '../../src/main/engine/farm/openjd/ranges.ts';
import { templateOf } from '../../src/main/engine/farm/openjd/template.ts';
import { askModel, OPENJD_MODEL } from '../helpers/openjd-model.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

function jobOf({ units = 12, shots = 3, more = {} as Partial<FarmJob> } = {}): FarmJob {
  return farmJob.parse({
    ...{ format: 1, id: 'abcdefgh01', name: 'A film', version: '1.0.0', createdAt: 1, takesFolder: '/takes' },
    project: { id: 'p', path: '/films/A film.retake' },
    shots: Array.from({ length: shots }, (_, i) => ({
      ...{ number: i + 1, shotId: `s${i}`, name: 'Shot', start: 0, end: 4 },
    })),
    units: Array.from({ length: units }, (_, i) => ({ shot: 1, start: i, end: i + 1 })),
    ...{ unitsPerTask: 5, sources: [] },
    ...more,
  });
}

/** What anybody may write, with one thing changed. */
type Changed = [string, (template: Template) => unknown];
interface Template {
  // biome-ignore lint/suspicious/noExplicitAny: it is made wrong in every way
  [key: string]: any;
}
const change = (work: (template: Template) => void): ((template: Template) => unknown) => {
  return (template) => {
    work(template);
    return template;
  };
};
const space = (definition: Template, more: Template = {}) =>
  change((one) => {
    one.steps[0].parameterSpace = { taskParameterDefinitions: [definition], ...more };
    one.steps[0].script.actions.onRun.args = ['x'];
  });
const parameter = (definition: Template) => change((one) => one.parameterDefinitions.push(definition));
const requirement = (hostRequirements: Template) =>
  change((one) => Object.assign(one.steps[0], { hostRequirements }));
const ints = (range: unknown) => space({ name: 'A', type: 'INT', range });
const two = (combination: string) =>
  change((one) => {
    one.steps[0].script.actions.onRun.args = ['x'];
    one.steps[0].parameterSpace = {
      combination,
      taskParameterDefinitions: [
        { name: 'A', type: 'INT', range: '1-3' },
        { name: 'B', type: 'STRING', range: ['a', 'b', 'c'] },
        { name: 'C', type: 'FLOAT', range: [1.5, 2] },
      ],
    };
  });

const SOUND: Changed[] = [
  ['as it is', (one) => one],
  ['a schema is named', change((one) => Object.assign(one, { $schema: 'https://example.org' }))],
  ['a parameter in the name', change((one) => Object.assign(one, { name: 'Film {{ Param.Retake }}' }))],
  ['the raw path in the name', change((one) => Object.assign(one, { name: '{{RawParam.JobFolder}}' }))],
  ['a range with a step', ints('1-10:4, 20')],
  ['a range backwards', ints('10 - 1:-3')],
  ['negative numbers', ints('-5--1')],
  ['a list of numbers', ints([1, '2', '{{Param.Retake}}'])],
  ['all combinations', two('A * B * C')],
  ['some at once', two('(A, B) * C')],
  ['an int', parameter({ name: 'N', type: 'INT', default: '3', minValue: 1, maxValue: 4 })],
  ['a float', parameter({ name: 'N', type: 'FLOAT', default: 0.5, allowedValues: [0.5, 1] })],
  ['a machine', requirement({ amounts: [{ name: 'amount.worker.gpu', min: 1 }] })],
  ['a system', requirement({ attributes: [{ name: 'attr.worker.os.family', anyOf: ['linux'] }] })],
  ['of a place', requirement({ attributes: [{ name: 'films:attr.software', allOf: ['a', 'b'] }] })],
  [
    'an environment',
    change((one) =>
      Object.assign(one, { jobEnvironments: [{ name: 'e', variables: { A: '{{Param.Retake}}' } }] }),
    ),
  ],
  [
    'a file in it',
    change((one) => {
      one.steps[0].script.embeddedFiles = [{ name: 'f', type: 'TEXT', data: '{{Task.File.f}}' }];
      one.steps[0].script.actions.onRun.args = ['{{Task.File.f}}'];
    }),
  ],
];

const BROKEN: Changed[] = [
  ['no version', change((one) => delete one.specificationVersion)],
  ['another version', change((one) => Object.assign(one, { specificationVersion: 'jobtemplate-2024-01' }))],
  ['no steps', change((one) => Object.assign(one, { steps: [] }))],
  ['a name that is too long', change((one) => Object.assign(one, { name: 'A'.repeat(129) }))],
  ['an empty name', change((one) => Object.assign(one, { name: '' }))],
  ['an unknown key', change((one) => Object.assign(one, { priority: 3 }))],
  ['no parameter', change((one) => Object.assign(one, { parameterDefinitions: [] }))],
  ['a brace that is not closed', change((one) => Object.assign(one, { name: '{{ Param.Retake' }))],
  ['an unknown value', change((one) => Object.assign(one, { name: '{{Param.Nothing}}' }))],
  ['a mapped path too early', change((one) => Object.assign(one, { name: '{{Param.JobFolder}}' }))],
  ['a task in the name', change((one) => Object.assign(one, { name: '{{Task.Param.Units}}' }))],
  ['two steps of a name', change((one) => one.steps.push(structuredClone(one.steps[0])))],
  [
    'it waits for itself',
    change((one) => Object.assign(one.steps[0], { dependencies: [{ dependsOn: 'invert' }] })),
  ],
  [
    'it waits for nobody',
    change((one) => Object.assign(one.steps[0], { dependencies: [{ dependsOn: 'x' }] })),
  ],
  [
    'they wait for each other',
    change((one) => Object.assign(one.steps[0], { dependencies: [{ dependsOn: 'render' }] })),
  ],
  ['ranges overlap', ints('1-10:4,5-15')],
  ['no range', ints('1..3')],
  ['an empty list', ints([])],
  ['a list that is too long', ints(Array.from({ length: 1025 }, (_, i) => i))],
  ['a fraction', ints([1.5])],
  ['a parameter is left out', two('A * B')],
  ['a parameter twice', two('(A, B) * C * A')],
  ['lengths differ', two('(A, C) * B')],
  ['an unknown parameter', two('A * B * C * D')],
  ['not closed', two('(A, B * C')],
  ['a name of digits', parameter({ name: '3D', type: 'STRING' })],
  ['two of a name', parameter({ name: 'Retake', type: 'STRING' })],
  ['an unknown type', parameter({ name: 'N', type: 'BOOL' })],
  [
    'a default that is not allowed',
    parameter({ name: 'N', type: 'STRING', default: 'c', allowedValues: ['a'] }),
  ],
  ['a default below', parameter({ name: 'N', type: 'INT', default: 0, minValue: 1 })],
  ['least above most', parameter({ name: 'N', type: 'INT', minValue: 2, maxValue: 1 })],
  [
    'a list of nothing',
    parameter({ name: 'N', type: 'STRING', userInterface: { control: 'DROPDOWN_LIST' } }),
  ],
  ['a machine of nothing', requirement({})],
  ['an amount of nothing', requirement({ amounts: [{ name: 'amount.worker.gpu' }] })],
  ['less than nothing', requirement({ amounts: [{ name: 'amount.worker.gpu', min: -1 }] })],
  ['an amount that the standard keeps', requirement({ amounts: [{ name: 'amount.worker.gpus', min: 1 }] })],
  ['another system', requirement({ attributes: [{ name: 'attr.worker.os.family', anyOf: ['amiga'] }] })],
  ['no command', change((one) => delete one.steps[0].script.actions.onRun.command)],
  ['no time', change((one) => Object.assign(one.steps[0].script.actions.onRun, { timeout: 0 }))],
  [
    'too much notice',
    change((one) => {
      one.steps[0].script.actions.onRun.cancelation.notifyPeriodInSeconds = 601;
    }),
  ],
  ['an environment of nothing', change((one) => Object.assign(one, { jobEnvironments: [{ name: 'e' }] }))],
  ['an unknown extension', change((one) => Object.assign(one, { extensions: ['NOTHING'] }))],
];

const changed = ([, work]: Changed) => work(structuredClone(templateOf(jobOf(), { chunks: false })));

describe('a job as a template', () => {
  test('units come in chunks, shots one by one, and steps wait for each other', () => {
    const template = templateOf(jobOf(), { gpus: 1, memory: 8192, more: ['--models', '/srv/models'] });
    expect(checkTemplate(template)).toEqual([]);
    expect(template.extensions).toEqual(['TASK_CHUNKING']);
    expect(template.steps.map(({ name, dependencies }) => [name, dependencies])).toEqual([
      ['invert', undefined],
      ['render', [{ dependsOn: 'invert' }]],
      ['assemble', [{ dependsOn: 'render' }]],
    ]);
    const [invert, render] = template.steps;
    expect(invert!.parameterSpace!.taskParameterDefinitions).toMatchObject([
      { type: 'CHUNK[INT]', range: '1-12', chunks: { defaultTaskCount: 5, rangeConstraint: 'CONTIGUOUS' } },
    ]);
    expect(render!.parameterSpace!.taskParameterDefinitions).toMatchObject([{ name: 'Shot', range: '1-3' }]);
    expect(render!.script.actions.onRun.args).toEqual(expect.arrayContaining(['--models', '/srv/models']));
    expect(render!.hostRequirements!.amounts).toHaveLength(2);
  });
  test('without chunks a task has the units that the job says', () => {
    const [invert] = templateOf(jobOf(), { chunks: false }).steps;
    const [units] = invert!.parameterSpace!.taskParameterDefinitions;
    expect(units!.range).toEqual(['1-4', '5-8', '9-12']);
    const many = templateOf(jobOf({ units: 60_000 }), { chunks: false });
    expect(many.steps[0]!.parameterSpace!.taskParameterDefinitions[0]!.range.length).toBeLessThanOrEqual(
      1024,
    );
  });
  test('where there is nothing to invert there is no such step', () => {
    const template = templateOf(jobOf({ units: 0, shots: 1 }));
    expect(template.steps.map(({ name }) => name)).toEqual(['render', 'assemble']);
    expect(template).not.toHaveProperty('extensions');
    expect(checkTemplate(template)).toEqual([]);
  });
  test('a name of braces and line breaks is still one', () => {
    expect(checkTemplate(templateOf(jobOf({ more: { name: 'A {{film}}\n🚙'.repeat(40) } })))).toEqual([]);
  });
  test('what tasks need is told to Deadline Cloud: footage goes there, models are there', () => {
    const none = { fingerprint: null, digests: null, copied: null };
    const sources: FarmJob['sources'] = [
      { ...none, path: '/clips/a.mov', use: 'footage' },
      { ...none, path: '/models/sd', use: 'model' },
      { ...none, path: '/models/lora.safetensors', use: 'model', copied: 'models/lora.safetensors' },
    ];
    expect(assetReferences({ sources })).toMatchObject({
      assetReferences: { inputs: { filenames: ['/clips/a.mov'] }, referencedPaths: ['/models/sd'] },
    });
  });
});

test('the driver makes the folder a bundle, with what the place wants of machines', async () => {
  const folder = tempFolder();
  const given = {
    gpus: '1',
    chunks: 'no',
    command: '"/opt/my retake" --quiet',
    arguments: "--map '/a b'=/c",
  };
  const signal = new AbortController().signal;
  const submission = await openjd.submit({ folder, job: jobOf() }, settingsFor(openjd, given), signal);
  expect(submission).toMatchObject({ driver: 'openjd', ids: {} });
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const template = read('template.json');
  expect(checkTemplate(template)).toEqual([]);
  expect(template.parameterDefinitions[1].default).toBe('/opt/my retake');
  const { args } = template.steps[0].script.actions.onRun;
  expect(args.slice(0, 3)).toEqual(['--quiet', 'farm', 'run-task']);
  expect(args.slice(-2)).toEqual(['--map', '/a b=/c']);
  expect(template.steps[1].hostRequirements.amounts).toEqual([{ name: 'amount.worker.gpu', min: 1 }]);
  expect(read('parameter_values.json').parameterValues).not.toHaveLength(0);
  expect(read('asset_references.json')).toHaveProperty('assetReferences.inputs.filenames');
  for (const wrong of [{ gpus: 'many' }, { chunks: 'perhaps' }, { command: '"/opt' }] as Record<
    string,
    string
  >[])
    await expect(openjd.submit({ folder, job: jobOf() }, wrong, signal)).rejects.toMatchObject({
      code: 'usage',
    });
});

describe('a template is one or is none', () => {
  test.each(SOUND)('%s', (...one) => expect(checkTemplate(changed(one))).toEqual([]));
  test.each(BROKEN)('%s', (...one) => expect(checkTemplate(changed(one))).not.toEqual([]));
  test('only one parameter is in chunks, which the extension must allow, and not with others at once', () => {
    const chunk = (name: string, more = {}) => ({
      ...{ name, type: 'CHUNK[INT]', range: '1-10' },
      chunks: { defaultTaskCount: 5, rangeConstraint: 'CONTIGUOUS', ...more },
    });
    const template = (parameters: unknown[], more: Template = {}) => {
      const step = structuredClone(templateOf(jobOf()).steps[0]!) as Template;
      step.parameterSpace = { taskParameterDefinitions: parameters, ...more };
      step.script.actions.onRun.args = ['{{Task.Param.A}}'];
      return { ...templateOf(jobOf()), steps: [step] };
    };
    const other = { name: 'B', type: 'INT', range: '1-10' };
    expect(checkTemplate(template([chunk('A'), other], { combination: 'A * B' }))).toEqual([]);
    expect(checkTemplate(template([chunk('A', { targetRuntimeSeconds: 60 })]))).toEqual([]);
    expect(checkTemplate(template([chunk('A', { defaultTaskCount: '{{Param.Retake}}' })]))).toEqual([]);
    for (const broken of [
      template([chunk('A'), chunk('B')]),
      template([chunk('A'), other], { combination: '(A, B)' }),
      template([chunk('A', { targetRuntimeSeconds: -1 })]),
      template([chunk('A', { rangeConstraint: 'INVALID' })]),
      template([chunk('A', { defaultTaskCount: 0 })]),
      template([{ name: 'A', type: 'CHUNK[INT]', range: '1-10' }]),
      { ...template([chunk('A')]), extensions: undefined },
    ])
      expect(checkTemplate(broken)).not.toEqual([]);
  });
  test('ranges and combinations are counted', () => {
    expect(['1-5', '10-15:2,1-5', '1-10:4', '7'].map(countOfRange)).toEqual([5, 8, 3, 1]);
    expect(countOfRange('1 - -1')).toBe(1);
    expect(countOfRange('1-10:4,10-15')).toBe('its ranges overlap');
    expect(
      combinationOf(
        '(A, B) * C',
        new Map([
          ['A', 2],
          ['B', 2],
          ['C', null],
        ]),
      ),
    ).toMatchObject({
      names: ['A', 'B', 'C'],
      associated: new Set(['A', 'B']),
    });
  });
});

test.skipIf(!OPENJD_MODEL)('the model of the standard says the same of each', () => {
  const all = [...SOUND, ...BROKEN];
  const theirs = askModel(all.map(changed));
  const differing = all.filter(
    (one, i) => (checkTemplate(changed(one)).length === 0) !== (theirs[i] === null),
  );
  // It looks at lengths when a job is made of the template, and at that not at all.
  expect(differing.map(([name]) => name)).toEqual([
    'a name that is too long',
    'lengths differ',
    'a machine of nothing',
  ]);
});

const CONFORMANCE = process.env.RETAKE_OPENJD_CONFORMANCE;

describe.skipIf(!CONFORMANCE)('the official files', () => {
  const filesIn = (part: string) => {
    const folder = join(CONFORMANCE ?? '', part, 'job_templates');
    return readdirSync(folder).flatMap((name) => (/\.(ya?ml|json)$/.test(name) ? [join(folder, name)] : []));
  };
  const files = CONFORMANCE ? ['base', 'TASK_CHUNKING'].flatMap(filesIn) : [];
  test.each(files.map((file) => [basename(file), file]))('%s', (name, file) => {
    const problems = checkTemplate(parse(readFileSync(file, 'utf8'), { intAsBigInt: false }));
    if (name.includes('.invalid.')) expect(problems).not.toEqual([]);
    else expect(problems).toEqual([]);
  });
});
