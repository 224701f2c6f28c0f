/** What any hand may write into a file's own metadata is harmless wherever the library shows it: plain text of bounded length. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KnownHeaders } from '../../src/main/engine/library/header-facts.ts';
import { Library } from '../../src/main/engine/library/library.ts';
import { tempFolder } from '../helpers/clips.ts';
import { safetensorsBytes } from '../helpers/safetensors-files.ts';

const NAMES = [
  ...['ss_output_name', 'ss_resolution', 'ss_sd_model_name', 'ss_training_comment', 'ss_network_alpha'],
  ...['ss_base_model_version', 'ss_tag_frequency', 'ss_network_module', 'ss_network_args', 'ss_dataset_dirs'],
  ...['modelspec.title', 'modelspec.author', 'modelspec.license', 'modelspec.trigger_phrase', 'license'],
  ...[
    'modelspec.architecture',
    'modelspec.prediction_type',
    'modelspec.description',
    'lora_adapter_metadata',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
] as const;

const SPITEFUL = [
  '<img src=x onerror="alert(1)">',
  '<script>alert(1)</script>',
  '\u0000\u0007\u001b[31mred\u202egnp.exe\u2066',
  'line\r\nline\u2028line',
  '\ud800 half a pair \udc00',
  "'); DROP TABLE headers; --",
  '{"__proto__": {"polluted": 1}}',
  '{"__proto__": {"__proto__": 3, "constructor": 9, "<b>bold</b>": 4}}',
  '{"constructor": {"prototype": 5, "toString": 2}}',
  `{"a": {"${'🚗'.repeat(200)}": 3}}`,
  `${'['.repeat(20_000)}`,
  '🚗'.repeat(5000),
];
const LONG = 'x\u202e<b>'.repeat(200_000);

const value = fc.oneof(
  fc.constantFrom(...SPITEFUL),
  fc.string({ unit: 'binary', maxLength: 3000 }),
  fc.json({ stringUnit: 'binary' }),
  fc
    .dictionary(
      fc.oneof(fc.constant('__proto__'), fc.string()),
      fc.dictionary(fc.oneof(fc.constantFrom(...SPITEFUL), fc.string({ unit: 'binary' })), fc.integer()),
    )
    .map((tags) => JSON.stringify(tags)),
);
const metadata = fc.uniqueArray(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string()), value), {
  selector: ([name]) => name,
  maxLength: 12,
});

const folder = tempFolder();
const path = folder.at('spiteful.safetensors');
const headers = new KnownHeaders(folder.at('headers.sqlite'), expect.unreachable);
const library = new Library({ file: folder.at('list.json'), headers, builtIn: [] });
beforeAll(async () => {
  write([]);
  await library.add(path);
});
afterAll(() => library.stop());

let written = 0;

/** Not by Object.fromEntries: "__proto__" is a name like any other here. */
function write(entries: readonly (readonly [string, string])[]): void {
  const said = entries.map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`).join();
  const shape = '"dtype":"F16","shape":[1,320],"data_offsets":[0,640]';
  const tensor = `"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight":{${shape}}`;
  // Another length each time: what is known of a file is known by its size.
  const padding = ' '.repeat(8 * ++written);
  const header = `{"__metadata__":{${said}},${tensor}}${padding}`;
  writeFileSync(path, safetensorsBytes(header, new Uint8Array(640)));
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...texts(inner)]);
}

async function isHarmless(): Promise<void> {
  const [entry] = await library.list();
  expect(entry).toMatchObject({ kind: 'lora', problems: [], state: 'ready' });
  const facts = await library.facts(path);
  for (const text of texts({ entry, facts })) {
    expect(text.length).toBeLessThanOrEqual(Math.max(220, path.length));
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text.isWellFormed()).toBe(true);
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  // All of it goes through the door to the window, and comes back from the disk as it was.
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
}

test('it is plain text of bounded length in the list and in what is told of a file', async () => {
  await fc.assert(
    fc.asyncProperty(metadata, async (entries) => {
      write(entries);
      await isHarmless();
    }),
    { numRuns: 60 },
  );
});

test('megabytes are cut off', async () => {
  write(NAMES.map((name) => [name, LONG]));
  await isHarmless();
});

test('the window makes no markup of a text', () => {
  const root = join(import.meta.dirname, '../../src/renderer');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  expect(files.length).toBeGreaterThan(50);
  for (const name of files) {
    const source = readFileSync(join(root, name), 'utf8');
    expect([
      name,
      source.match(/dangerouslySetInnerHTML|(inner|outer)HTML|insertAdjacentHTML|document\.write/),
    ]).toEqual([name, null]);
  }
});
