/** `retake-plugin.json`: all that Retake knows of a plugin before anything of it runs. */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { isPortableName } from '../file-name.ts';
import { issueText } from '../issue.ts';
import { contributionIdFault, pluginIdFault } from './ids.ts';
import { paramsSchema } from './params.ts';
import { uiCommand, uiRead } from './ui-v1.ts';
import { isRange, isVersion } from './versions.ts';

export const MANIFEST_FILE = 'retake-plugin.json';
export const LARGEST_MANIFEST = 2 ** 20;
export const MOST_FILES = 2000;
const MOST_OF_A_KIND = 50;
const LONGEST_FILE = 200;
const DEEPEST_FILE = 10;

/** data: networks and tables, which Retake runs. script: text in, text out. process: a program of its own. */
const TIERS = ['data', 'script', 'process'] as const;
type Tier = (typeof TIERS)[number];

/** What a folder of a network is, beyond depth, flow and segments: a caption of a picture, frames between frames, a larger picture. */
const ESTIMATOR_ROLES = [
  ...(['depth', 'flow', 'segmenter', 'captioner'] as const),
  ...(['image-text', 'interpolator', 'upscaler'] as const),
] as const;
export type EstimatorRole = (typeof ESTIMATOR_ROLES)[number];

/** Why a text is no name of a file inside a plugin, written alike on every system; null where it is. */
export function packageFileFault(file: string): string | null {
  const parts = file.split('/');
  if (file.length > LONGEST_FILE) return `is longer than ${LONGEST_FILE} characters`;
  if (parts.length > DEEPEST_FILE) return `lies deeper than ${DEEPEST_FILE} folders`;
  if (parts.some((part) => part.startsWith('.'))) return 'is hidden or climbs out of its folder';
  if (!parts.every((part) => isPortableName(part) && part !== '__proto__'))
    return 'is no name that a file can have on every system';
  return file === file.normalize('NFC') ? null : 'is written with letters that are put together';
}

const textUpTo = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, 'holds letters that cannot be seen');
const checked = (fault: (text: string) => string | null) =>
  z.string().check((ctx) => {
    const message = fault(ctx.value);
    if (message) ctx.issues.push({ code: 'custom', message, input: ctx.value });
  });
const file = checked(packageFileFault);
const reason = textUpTo(300);
const ending = z
  .string()
  .regex(/^ ?[^\p{Cc}/\\:*?"<>|]{0,30}\.[a-z0-9]{1,16}$/u, 'must be an ending such as ".ale"');
const what = { id: checked(contributionIdFault), label: textUpTo(60) };
const manyOf = <T extends z.ZodType>(one: T) => z.array(one).max(MOST_OF_A_KIND).optional();

const method = z.strictObject({
  ...what,
  summary: textUpTo(300),
  params: paramsSchema,
  /** At which points of a step it is asked. */
  hooks: z.array(z.enum(['blend', 'gather', 'settle'])).max(3),
  /** Whose features a frame sees. */
  attention: z.enum(['own', 'joint', 'banks']),
  /** The same from the same, always. */
  deterministic: z.boolean(),
  /** Those that it is right with; all where it says none. */
  solvers: z.array(z.string().max(40)).min(1).max(20).optional(),
  /** Whether all anchors of a shot lead, or its lead anchor alone. */
  severalAnchors: z.boolean().optional(),
});
const exporter = z.strictObject({
  ...what,
  /** What programs take it, as an artist calls them. */
  programs: textUpTo(120),
  ending,
  params: paramsSchema.optional(),
});
const importer = z.strictObject({ ...what, endings: z.array(ending).min(1).max(10) });
const pattern = z.strictObject(what);
const estimator = z.strictObject({ ...what, role: z.enum(ESTIMATOR_ROLES), folder: file });
const model = z.strictObject({ ...what, folder: file });
const panel = z.strictObject({
  ...what,
  entry: file,
  where: z.enum(['inspector', 'bottom']),
  reads: z.array(uiRead).max(10),
  commands: z.array(uiCommand).max(40),
});

/** Settings that every farm has, which are Retake's. */
const FARM_SETTINGS = ['server', 'command', 'arguments'];
const farmSetting = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'must be a name such as "pool"')
    .refine(
      (id) => !FARM_SETTINGS.includes(id) && !(id in Object.prototype),
      'is a name that every farm has',
    ),
  label: textUpTo(60),
  help: textUpTo(300),
  default: z.string().max(10_000),
});
const farm = z.strictObject({
  ...what,
  summary: textUpTo(300),
  /** What it asks for beside the server's address, all text. */
  settings: z.array(farmSetting).max(40).default([]),
});

const contributions = z.strictObject({
  methods: manyOf(method),
  exporters: manyOf(exporter),
  importers: manyOf(importer),
  names: manyOf(pattern),
  estimators: manyOf(estimator),
  models: manyOf(model),
  panels: manyOf(panel),
  farms: manyOf(farm),
});
type Contributions = z.output<typeof contributions>;
type ContributionKind = keyof Contributions;

const host = z
  .string()
  .max(253)
  .regex(/^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/, {
    error: 'must be the name of a server, such as "api.example.org"',
  });
export const permissionsSchema = z.strictObject({
  network: z.strictObject({ hosts: z.array(host).min(1).max(20), reason }).optional(),
  read: z.strictObject({ reason }).optional(),
  write: z.strictObject({ reason }).optional(),
});
export type Permissions = z.output<typeof permissionsSchema>;

/** Which tiers may contribute a kind. A panel's page is shown without a right of its own, whatever the tier. */
const TIERS_OF: Readonly<Record<ContributionKind, readonly Tier[]>> = {
  methods: ['process'],
  exporters: ['script', 'process'],
  importers: ['script', 'process'],
  names: ['script'],
  estimators: TIERS,
  models: TIERS,
  panels: TIERS,
  farms: ['script', 'process'],
};

export const manifestSchema = z
  .strictObject({
    $schema: z.string().max(500).optional(),
    manifest: z.literal(1),
    id: checked(pluginIdFault),
    version: z.string().max(60).refine(isVersion, 'must be a version such as "1.0.0"'),
    name: textUpTo(60),
    summary: textUpTo(300),
    author: textUpTo(120),
    /** SPDX. */
    license: textUpTo(80),
    engines: z.strictObject({
      retake: z.string().max(100).refine(isRange, 'must be a range such as ">=0.1 <1"'),
    }),
    tier: z.enum(TIERS),
    main: file.optional(),
    suites: z
      .array(z.string().regex(/^[a-z][a-z-]{0,39}@[1-9]\d?$/, 'must be a suite such as "timeline@1"'))
      .max(20)
      .default([]),
    files: z
      .record(file, z.string().regex(/^sha256-[A-Za-z0-9+/]{43}=$/, 'must be "sha256-" and 44 letters'))
      .refine((all) => Object.keys(all).length <= MOST_FILES, `lists more than ${MOST_FILES} files`)
      .optional(),
    permissions: permissionsSchema.default({}),
    contributes: contributions,
  })
  .superRefine((all, ctx) => {
    const fault = (path: PropertyKey[], message: string) => ctx.addIssue({ code: 'custom', path, message });
    const { tier, main, contributes, files } = all;
    if (tier === 'data' && main !== undefined)
      fault(['main'], 'is not for the tier "data", which runs nothing');
    if (tier !== 'data' && main === undefined) fault(['main'], `is missing: the tier "${tier}" runs a file`);
    if (tier !== 'process' && Object.keys(all.permissions).length > 0) {
      fault(['permissions'], `are for the tier "process": "${tier}" reaches nothing outside`);
    }
    for (const [kind, list] of Object.entries(contributes)) {
      const tiers = TIERS_OF[kind as ContributionKind];
      if (!tiers.includes(tier)) {
        fault(['contributes', kind], `are for the tier ${tiers.map((one) => `"${one}"`).join(' or ')}`);
      }
      const ids = list.map(({ id }) => id);
      const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i);
      if (twice >= 0) fault(['contributes', kind, twice, 'id'], `"${ids[twice]}" is there twice`);
    }
    if (Object.values(contributes).every((list) => list.length === 0)) fault(['contributes'], 'are none');
    const names = Object.keys(files ?? {});
    if (names.includes(MANIFEST_FILE)) fault(['files', MANIFEST_FILE], 'cannot list itself');
    if (new Set(names.map((name) => name.toLowerCase())).size < names.length) {
      fault(['files'], 'has names that differ in capitals alone');
    }
    const native = names.find((name) => /\.node$/i.test(name));
    if (native !== undefined) fault(['files', native], 'is a program for one system; no plugin may have one');
  });
export type Manifest = z.output<typeof manifestSchema>;

/** The parts of a manifest that are lists of things with an id, as one list. */
export function contributionsOf({ contributes }: Pick<Manifest, 'contributes'>) {
  return Object.entries(contributes).flatMap(([kind, list]) =>
    list.map(({ id, label }) => ({ kind: kind as ContributionKind, id, label })),
  );
}

/** @param text of the file @throws AppError plugin-invalid naming the first thing that is wrong */
export function parseManifest(text: string): Manifest {
  if (text.length > LARGEST_MANIFEST) throw invalid('it is larger than a megabyte');
  let raw: unknown;
  try {
    raw = JSON.parse(text.replace(/^\uFEFF/, ''), (key, value) => {
      if (key === '__proto__') throw invalid('it has a key "__proto__"');
      return value;
    });
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalid(`it is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  const read = manifestSchema.safeParse(raw);
  if (read.success) return read.data;
  throw invalid(manifestIssue(read.error.issues[0]!));
}

function manifestIssue(issue: z.core.$ZodIssue): string {
  const inner = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue;
  const where = issue.path.map(String).join('.');
  if (where === 'manifest') return '"manifest" is for another Retake: this one reads 1';
  const what =
    inner.code === 'unrecognized_keys'
      ? `has ${inner.keys.map((key) => `"${key}"`).join(', ')}, which is not known`
      : issueText(inner);
  return where === '' ? `it ${what}` : `"${where}" ${what}`;
}

function invalid(what: string): AppError {
  const short = what.length > 300 ? `${what.slice(0, 300)}…` : what;
  return new AppError('plugin-invalid', short, {
    doing: `reading ${MANIFEST_FILE}`,
    hint: 'Tell whoever made the plugin.',
  });
}

/** JSON Schema of the file, for editors. */
export function manifestJsonSchema() {
  return z.toJSONSchema(manifestSchema, { io: 'input' });
}
