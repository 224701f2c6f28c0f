import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { KnownHeaders } from '../../src/main/engine/library/header-facts.ts';
import { Library, type LibraryParts } from '../../src/main/engine/library/library.ts';
import { layoutOf, scan } from '../../src/main/engine/library/scan.ts';
import { readModelSettings } from '../../src/main/engine/recipe/model-settings.ts';
import {
  CHECKPOINT,
  CONTROLNET,
  comfyFolder,
  EMBEDDING,
  FLUX,
  LORA,
  place,
} from '../helpers/comfy-folder.ts';
import { writeSparseSafetensors } from '../helpers/safetensors-files.ts';
import { sharedPath } from '../helpers/shared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const QUICK = { settleMs: 10, writingMs: 50, rescanMs: 100 };

function open(parts: Partial<LibraryParts> & { file: string }): Library {
  const library = new Library({ builtIn: [], times: QUICK, ...parts });
  onTestFinished(() => library.stop());
  return library;
}

async function shown(library: Library): Promise<Record<string, string>> {
  const entries = await library.list();
  return Object.fromEntries(
    entries.map(({ name, kind, state }) => [name, state === 'ready' ? kind : `${kind} ${state}`]),
  );
}

test('the list of models: added, chosen, removed, remembered; files are never touched', async () => {
  const folder = tempFolder();
  const [builtIn, own, broken] = [join(folder, 'builtin'), join(folder, 'own'), join(folder, 'broken')];
  for (const dir of [builtIn, own, broken]) await writeTinyBundle(dir);
  rmSync(join(broken, 'vae_decoder', 'model.onnx'));
  const file = join(folder, 'data.json');
  const manager = new Library({ file, builtIn: [{ dir: builtIn, name: 'Own model' }] });
  expect(await manager.list()).toEqual([
    expect.objectContaining({
      path: builtIn,
      name: 'Own model',
      builtIn: true,
      isDefault: true,
      kind: 'model',
      what: 'Stable Diffusion',
      nativeSize: 32,
      problems: [],
    }),
  ]);
  await Promise.all([manager.add(own), manager.add(broken)]);
  await manager.setDefault(own);
  await expect(manager.setDefault(broken)).rejects.toMatchObject({ code: 'bundle-invalid' });
  await expect(manager.add(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'bundle-invalid' });
  await expect(manager.remove(builtIn)).rejects.toMatchObject({ code: 'usage' });
  const again = new Library({ file, builtIn: [{ dir: builtIn, name: 'Own model' }] });
  const list = await again.list();
  expect(list.map(({ path, isDefault }) => [path, isDefault])).toEqual(
    expect.arrayContaining([
      [builtIn, false],
      [own, true],
      [broken, false],
    ]),
  );
  expect(list.find(({ path }) => path === broken)!.problems).toHaveLength(1);
  expect(list.find(({ path }) => path === own)!.bytes).toBeGreaterThan(1000);
  expect(await again.modelAt(null)).toBe(own);
  await again.remove(own);
  expect(existsSync(join(own, 'model_index.json'))).toBe(true);
  expect(await again.modelAt(null)).toBe(builtIn);
  // A folder that vanished stays in the list, with its problem.
  rmSync(broken, { recursive: true });
  expect((await again.list()).find(({ path }) => path === broken)!.problems[0]).toMatch(
    /no such folder or file/,
  );
  await expect(
    new Library({ file: join(folder, 'none.json'), builtIn: [] }).modelAt(null),
  ).rejects.toMatchObject({
    code: 'bundle-invalid',
  });
});

test('a default model that cannot be used is refused by name, never replaced by another', async () => {
  const folder = tempFolder();
  const [builtIn, own] = [join(folder, 'builtin'), join(folder, 'own')];
  for (const dir of [builtIn, own]) await writeTinyBundle(dir);
  const file = join(folder, 'models.json');
  const manager = new Library({ file, builtIn: [{ dir: builtIn, name: 'Own model' }] });
  await manager.add(own);
  await manager.setDefault(own);
  const away = join(folder, 'away');
  renameSync(own, away);
  await expect(manager.modelAt(null)).rejects.toMatchObject({
    code: 'bundle-invalid',
    message: expect.stringMatching(/your default model cannot be used.*own/),
  });
  const listed = await manager.list();
  expect(listed.find(({ isDefault }) => isDefault)).toMatchObject({
    path: own,
    problems: [expect.any(String)],
  });
  // Another drive is plugged in: it is there again.
  renameSync(away, own);
  expect(await manager.modelAt(null)).toBe(own);
  writeFileSync(file, '{"dirs": [');
  await expect(manager.modelAt(null)).rejects.toMatchObject({ message: expect.stringMatching(/damaged/) });
  expect((await manager.list()).some(({ isDefault }) => isDefault)).toBe(false);
  await manager.setDefault(builtIn);
  expect(await manager.modelAt(null)).toBe(builtIn);
});

describe('files', () => {
  test('are told by their headers; what is no use is refused by name', async () => {
    const folder = tempFolder();
    const library = open({ file: join(folder, 'list.json') });
    const words = {
      ss_tag_frequency: '{"a": {"ink drawing": 9, "paper": 2}, "b": {"paper": 11}}',
      ss_network_alpha: '4',
    };
    await library.add(place(join(folder, 'a', 'ink.safetensors'), LORA, words));
    await library.add(place(join(folder, 'a', 'canny.safetensors'), CONTROLNET));
    await library.add(place(join(folder, 'a', 'toy.safetensors'), EMBEDDING));
    await library.add(place(join(folder, 'a', 'dreamy.safetensors'), CHECKPOINT));
    expect(await shown(library)).toEqual({
      ink: 'lora',
      canny: 'controlnet',
      toy: 'embedding',
      dreamy: 'model',
    });
    const [ink] = await library.list('lora');
    expect(ink).toMatchObject({
      what: 'Stable Diffusion 1.x',
      words: ['paper', 'ink drawing'],
      isDefault: false,
    });
    const { facts, words: all } = await library.facts(ink!.path);
    expect(all).toEqual(['paper', 'ink drawing']);
    expect(Object.fromEntries(facts)).toMatchObject({
      Kind: 'LoRA',
      Rank: '8',
      Changes: 'UNet (1 layer), text encoder (1 layer)',
      'Alpha, it says': '4',
      Weights: 'float16',
    });
    expect((await library.list('model'))[0]).toMatchObject({ isDefault: true, nativeSize: 512 });

    writeFileSync(join(folder, 'page.safetensors'), '<!DOCTYPE html><html></html>');
    writeFileSync(join(folder, 'old.ckpt'), Buffer.from([0x80, 2, 0x7d, 0x71, 0, 0, 0, 0, 0, 0, 0, 0]));
    const flux = place(join(folder, 'flux.safetensors'), FLUX);
    await expect(library.add(flux)).rejects.toThrow(/flux.safetensors is Flux/);
    await expect(library.add(join(folder, 'page.safetensors'))).rejects.toThrow(/web page/);
    await expect(library.add(join(folder, 'old.ckpt'))).rejects.toThrow(/pickle/);
    await expect(library.add(join(folder, 'none.safetensors'))).rejects.toThrow(/no such folder or file/);
    expect(await library.list()).toHaveLength(4);
  });

  test('that are cut short, gone or written right now say so and come back by themselves', async () => {
    const folder = tempFolder();
    const library = open({ file: join(folder, 'list.json') });
    const path = place(join(folder, 'ink.safetensors'), LORA);
    await library.add(path);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 10));
    expect(await shown(library)).toEqual({ ink: 'other writing' });
    utimesSync(path, 1e9, 1e9);
    const [damaged] = await library.list();
    expect(damaged).toMatchObject({ state: 'damaged', problems: [expect.stringMatching(/cut short/)] });
    rmSync(path);
    expect((await library.list())[0]).toMatchObject({ state: 'missing' });
    writeFileSync(`${path}.part`, '');
    expect((await library.list())[0]).toMatchObject({ state: 'writing' });
    writeFileSync(path, whole);
    expect(await shown(library)).toEqual({ ink: 'lora' });
  });

  test('bring pictures and settings that lie beside them under their name', async () => {
    const folder = tempFolder();
    const library = open({ file: join(folder, 'list.json') });
    const path = place(join(folder, 'dreamy.v2.safetensors'), CHECKPOINT);
    writeFileSync(join(folder, 'dreamy.v2.retake.json'), '{"sampling": {"guidance": 2, "steps": 8}}');
    writeFileSync(join(folder, 'dreamy.v2.preview.png'), 'picture');
    writeFileSync(join(folder, 'dreamy.v2.png'), 'another');
    const [entry] = await library.add(path);
    expect(entry).toMatchObject({ name: 'dreamy.v2', settings: { sampling: { guidance: 2, steps: 8 } } });
    expect(await library.pictureOf(path)).toMatchObject({ path: join(folder, 'dreamy.v2.preview.png') });
    // Only beside what is in the library.
    expect(await library.pictureOf(join(folder, 'dreamy.v2.png'))).toBeNull();
    writeFileSync(join(folder, 'dreamy.v2.retake.json'), '{"sampling": {"guidance": "much"}}');
    expect(await readModelSettings(path)).toMatchObject({
      values: {},
      problems: [expect.stringMatching(/^dreamy.v2.retake.json of the model: "sampling.guidance"/)],
    });
  });

  test('a model that is not there is refused by name, never replaced by another', async () => {
    const folder = tempFolder();
    const library = open({ file: join(folder, 'list.json') });
    await library.add(place(join(folder, 'other.safetensors'), CHECKPOINT));
    const gone = join(folder, 'gone.safetensors');
    await expect(library.modelAt(gone)).rejects.toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining('gone.safetensors is not there'),
    });
    await expect(library.setDefault(place(join(folder, 'ink.safetensors'), LORA))).rejects.toMatchObject({
      code: 'usage',
    });
  });
});

describe('headers', () => {
  test('are read once for a path, size and time of change, also by the next start', async () => {
    const folder = tempFolder();
    const path = place(join(folder, 'ink.safetensors'), LORA);
    const about = statSync(path);
    const stamp = { bytes: about.size, mtimeMs: about.mtimeMs };
    const first = new KnownHeaders(join(folder, 'headers.sqlite'));
    expect(first.read(path, stamp).kind).toBe('lora');
    first.close();
    rmSync(path);
    const second = new KnownHeaders(join(folder, 'headers.sqlite'));
    onTestFinished(() => second.close());
    expect(second.read(path, stamp)).toMatchObject({ kind: 'lora', lora: { ranks: [8] } });
    expect(second.known(path, { ...stamp, bytes: 1 })).toBeNull();
    expect(second.read(path, { ...stamp, bytes: 1 }).problem).toMatch(/missing/);
  });

  test('of files that nobody asked about for half a year are forgotten, others are kept', () => {
    const folder = tempFolder();
    const file = join(folder, 'headers.sqlite');
    const [asked, gone] = ['asked', 'gone'].map((name) => place(join(folder, `${name}.safetensors`), LORA));
    const about = statSync(asked!);
    const stamp = { bytes: about.size, mtimeMs: about.mtimeMs };
    const DAY = 86_400_000;
    const start = (day: number, look: (headers: KnownHeaders) => void) => {
      const headers = new KnownHeaders(file, expect.unreachable, day * DAY);
      look(headers);
      headers.close();
    };
    const isKnown = (headers: KnownHeaders) =>
      [asked, gone].map((path) => headers.known(path!, stamp) !== null);
    start(1000, (headers) => {
      headers.read(asked!, stamp);
      headers.read(gone!, stamp);
    });
    start(1100, (headers) => expect(headers.known(asked!, stamp)).not.toBeNull());
    start(1190, (headers) => expect(isKnown(headers)).toEqual([true, false]));
    start(1190 + 181, (headers) => expect(isKnown(headers)).toEqual([false, false]));
  });

  test('are kept of so many files and no more', () => {
    const file = join(tempFolder(), 'headers.sqlite');
    new KnownHeaders(file).close();
    const db = new Database(file);
    onTestFinished(() => void db.close());
    const put = db.prepare("INSERT INTO headers VALUES (?, 1, 1, '{}', ?)");
    const today = Math.floor(Date.now() / 86_400_000);
    db.transaction(() => {
      for (let i = 0; i < 20_100; i++) put.run(`/models/${i}.safetensors`, today - (i % 100));
    })();
    new KnownHeaders(file).close();
    const [{ count, oldest }] = db
      .prepare('SELECT count(*) AS count, min(seen) AS oldest FROM headers')
      .all() as [{ count: number; oldest: number }];
    expect(count).toBe(20_000);
    expect(oldest).toBeGreaterThanOrEqual(today - 99);
  });

  test('of real files of gigabytes are read without their weights', async () => {
    const shapes = sharedPath('data', 'headers', 'sd15-single.json');
    if (!shapes) return;
    const { file } = JSON.parse(readFileSync(shapes, 'utf8')) as { file: Record<string, number[]> };
    const folder = tempFolder();
    const path = writeSparseSafetensors(join(folder, 'sd15.safetensors'), file);
    const library = open({ file: join(folder, 'list.json') });
    const [entry] = await library.add(path);
    expect(entry).toMatchObject({
      kind: 'model',
      what: 'Stable Diffusion 1.x',
      nativeSize: 512,
      problems: [],
    });
    // All of it is a hole still.
    expect(statSync(path).blocks * 512).toBeLessThan(statSync(path).size / 100);
  });
});

describe('watched folders', () => {
  test('of ComfyUI and A1111 are known by their own folders', async () => {
    const root = tempFolder();
    comfyFolder(join(root, 'ComfyUI'));
    expect(await layoutOf(join(root, 'ComfyUI'))).toEqual({
      layout: 'ComfyUI',
      roots: [join(root, 'ComfyUI/models')],
    });
    expect((await layoutOf(join(root, 'ComfyUI/models'))).layout).toBe('ComfyUI');
    place(join(root, 'webui/models/Stable-diffusion/a.safetensors'), CHECKPOINT);
    place(join(root, 'webui/embeddings/b.safetensors'), EMBEDDING);
    const both = [join(root, 'webui/models'), join(root, 'webui/embeddings')];
    expect(await layoutOf(join(root, 'webui'))).toEqual({ layout: 'A1111', roots: both });
    expect(await layoutOf(join(root, 'webui/models'))).toEqual({ layout: 'A1111', roots: both });
    expect(await layoutOf(root)).toEqual({ layout: null, roots: [root] });
  });

  test('show what is in them, and by themselves what comes, changes and goes', async () => {
    const root = tempFolder();
    comfyFolder(root);
    const onChange = vi.fn();
    const library = open({ file: join(root, 'list.json'), onChange });
    expect(await library.recognise(root)).toBe('folder');
    // A folder of pictures is a clip.
    const shots = tempFolder();
    for (const n of [1, 2]) writeFileSync(join(shots, `s.000${n}.png`), 'picture');
    expect(await library.recognise(shots)).toBeNull();
    await library.add(root);
    await library.settled();
    const before = { dreamy: 'model', flux: 'other', ink: 'lora', canny: 'controlnet', toy: 'embedding' };
    expect(await shown(library)).toEqual(before);
    expect(await library.folders()).toEqual([
      {
        path: root,
        layout: 'ComfyUI',
        state: 'watched',
        found: 5,
        notes: [expect.stringMatching(/old.ckpt.*safetensors/)],
      },
    ]);
    expect((await library.list('lora'))[0]).toMatchObject({ watched: root });
    await expect(library.remove(join(root, 'models/loras/styles/ink.safetensors'))).rejects.toThrow(
      /is watched/,
    );

    onChange.mockClear();
    place(join(root, 'models/loras/new/fresh.safetensors'), LORA);
    rmSync(join(root, 'models/checkpoints/flux.safetensors'));
    writeFileSync(join(root, 'models/checkpoints/coming.safetensors.part'), 'half of it');
    const after = { ...before, fresh: 'lora', coming: 'model writing' } as Record<string, string>;
    delete after.flux;
    await vi.waitFor(async () => expect(await shown(library)).toEqual(after), { timeout: 60_000 });
    await vi.waitFor(() => expect(onChange).toHaveBeenCalled());

    rmSync(join(root, 'models/checkpoints/coming.safetensors.part'));
    place(join(root, 'models/checkpoints/coming.safetensors'), CHECKPOINT);
    await vi.waitFor(async () => expect(await shown(library)).toEqual({ ...after, coming: 'model' }), {
      timeout: 60_000,
    });

    await library.remove(root);
    expect(await library.list()).toEqual([]);
  });

  test('a file that grows is being written until it rests', async () => {
    const root = tempFolder();
    place(join(root, 'old.safetensors'), LORA);
    const library = open({ file: join(root, 'list.json') });
    await library.add(root);
    await library.settled();
    const path = join(root, 'young.safetensors');
    const whole = readFileSync(join(root, 'old.safetensors'));
    writeFileSync(path, whole.subarray(0, 100));
    await vi.waitFor(async () => expect(await shown(library)).toMatchObject({ young: 'other writing' }), {
      timeout: 60_000,
    });
    appendFileSync(path, whole.subarray(100));
    utimesSync(path, 1e9, 1e9);
    await vi.waitFor(async () => expect(await shown(library)).toMatchObject({ young: 'lora' }), {
      timeout: 60_000,
    });
  });

  test('come back with their disk; what they held is missing meanwhile', async () => {
    const root = tempFolder();
    const disk = join(root, 'disk');
    const path = place(join(disk, 'dreamy.safetensors'), CHECKPOINT);
    const library = open({ file: join(root, 'list.json') });
    await library.add(disk);
    await library.settled();
    await library.setDefault(path);
    renameSync(disk, join(root, 'away'));
    await vi.waitFor(
      async () =>
        expect(await library.folders()).toMatchObject([
          { state: 'missing', notes: [expect.stringMatching(/disk/)] },
        ]),
      { timeout: 60_000 },
    );
    await expect(library.modelAt(null)).rejects.toThrow(/your default model cannot be used.*dreamy/);
    renameSync(join(root, 'away'), disk);
    await vi.waitFor(async () => expect(await library.modelAt(null)).toBe(path), { timeout: 60_000 });
  });

  test('links are followed once, not in circles, and not to places that are not allowed', async () => {
    const root = tempFolder();
    const elsewhere = tempFolder();
    place(join(elsewhere, 'far/linked.safetensors'), LORA);
    place(join(elsewhere, 'server/secret.safetensors'), LORA);
    place(join(root, 'own.safetensors'), LORA);
    symlinkSync(join(elsewhere, 'far'), join(root, 'far'));
    symlinkSync(join(elsewhere, 'server'), join(root, 'server'));
    symlinkSync(root, join(root, 'again'));
    const asked: string[] = [];
    const allows = async (path: string) => {
      asked.push(path);
      return !path.endsWith('server');
    };
    const found = await scan(root, { allows });
    expect(found!.found.map(({ path }) => path).sort()).toEqual([
      join(root, 'far/linked.safetensors'),
      join(root, 'own.safetensors'),
    ]);
    expect(asked).toContain(join(elsewhere, 'server'));
  });

  test('a folder of a pipeline or of one network is one entry; what is deeper or more than is looked at is said', async () => {
    const root = tempFolder();
    await writeTinyBundle(join(root, 'graphs'));
    place(join(root, 'canny/diffusion_pytorch_model.safetensors'), CONTROLNET);
    writeFileSync(join(root, 'canny/config.json'), '{"_class_name": "ControlNetModel"}');
    for (let i = 0; i < 40; i += 1) place(join(root, `many/${i}.safetensors`), EMBEDDING);
    const library = open({ file: join(root, 'list.json') });
    await library.add(root);
    await library.settled();
    const kinds = await shown(library);
    expect(kinds).toMatchObject({ graphs: 'model', canny: 'controlnet', 0: 'embedding', 39: 'embedding' });
    expect(Object.keys(kinds)).toHaveLength(42);
    const cut = await scan(root, { limits: { depth: 8, names: 20 } });
    expect(cut).toMatchObject({ cut: true });
    expect(cut!.found.length).toBeLessThan(21);
    const shallow = await scan(root, { limits: { depth: 0, names: 1000 } });
    expect(shallow).toMatchObject({ cut: true });
    expect(shallow!.found.map(({ path }) => path)).toEqual([join(root, 'canny'), join(root, 'graphs')]);
  });
});

test.each(['sd1-folder', 'sdxl-folder'])('%s, kept without an index, is one model', async (name) => {
  const folder = tempFolder();
  const library = open({ file: join(folder, 'list.json') });
  const [entry] = await library.add(join(import.meta.dirname, '../golden/checkpoints', name));
  expect(entry).toMatchObject({ kind: 'model', name, problems: [], isDefault: true });
  expect(entry!.bytes).toBeGreaterThan(10_000);
});

test('a LoRA that notes no alpha has it from beside its layers', async () => {
  const folder = tempFolder();
  const library = open({ file: join(folder, 'list.json') });
  const alpha = { dtype: 'F32', shape: [], bytes: new Uint8Array(Float32Array.of(2.5).buffer) };
  const path = place(join(folder, 'ink.safetensors'), {
    ...LORA,
    'lora_te_text_model_encoder_layers_0_mlp_fc1.alpha': alpha,
  });
  await library.add(path);
  expect(Object.fromEntries((await library.facts(path)).facts)).toMatchObject({ Alpha: '0, 2.5' });
});

test('lists of before there were files are read as they are', async () => {
  const folder = tempFolder();
  const dir = await writeTinyBundle(join(folder, 'own'));
  const file = join(folder, 'bundles.json');
  writeFileSync(file, JSON.stringify({ dirs: [dir], default: dir }));
  const library = open({ file });
  expect(await library.list()).toMatchObject([{ path: dir, kind: 'model', isDefault: true, problems: [] }]);
});
