import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { DownloadProgress } from '../../src/common/contract/library.ts';
import { download as downloadFrom, lookInto } from '../../src/main/engine/library/download.ts';
import { repositoryOf } from '../../src/main/engine/library/repository.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { tempFolder as longFolder } from '../helpers/clips.ts';
import { end, type ModelServer, send, serveModel } from '../helpers/model-server.ts';
import { writeSafetensors } from '../helpers/safetensors-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const shared = longFolder();
const source = shared.at('source');
const WEIGHTS = 'unet/weights.bin';

beforeAll(async () => {
  await writeTinyBundle(source, { external: 'weights.bin' });
  writeFileSync(join(source, 'README.md'), '# a model');
  writeFileSync(join(source, 'unet', 'diffusion_pytorch_model.safetensors'), 'pytorch');
  return () => shared[Symbol.dispose]();
});

function download(server: ModelServer, folder: string, more: object = {}) {
  const progress: DownloadProgress[] = [];
  const abort = new AbortController();
  const done = downloadFrom({
    repository: repositoryOf(`${server.endpoint}/`, 'owner/name', ''),
    folder,
    signal: abort.signal,
    onProgress: (now) => progress.push(now),
    patience: { attempts: 4, waitMs: 5, stallMs: 1000 },
    ...more,
  });
  done.catch(() => {});
  return { done, progress, abort };
}

test('a whole bundle arrives: no PyTorch weights, but those that a graph names', async () => {
  await using server = await serveModel(source);
  const folder = tempFolder();
  const { done, progress } = download(server, folder);
  const dir = await done;
  expect(dir).toBe(join(folder, 'name'));
  expect(readdirSync(folder)).toEqual(['name']);
  expect((await inspectBundle(dir, { figures: false })).defects).toEqual([]);
  expect(existsSync(join(dir, WEIGHTS))).toBe(true);
  expect(existsSync(join(dir, 'README.md'))).toBe(false);
  expect(readdirSync(join(dir, 'unet')).sort()).toEqual(['config.json', 'model.onnx', 'weights.bin']);
  expect(
    readdirSync(dir, { recursive: true }).filter((name) => String(name).endsWith('.incomplete')),
  ).toEqual([]);
  const last = progress.at(-1)!;
  expect(last).toMatchObject({ state: 'done', repository: 'owner/name', error: null });
  expect(last.receivedBytes).toBe(last.totalBytes);
  const bytes = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  expect(last.totalBytes).toBe(bytes);
});

test('a dropped connection is resumed where it broke off', async () => {
  await using server = await serveModel(source);
  let drops = 2;
  server.onFile = (path, request, response, content) => {
    if (path !== WEIGHTS || drops === 0) return false;
    drops -= 1;
    const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
    const status = from > 0 ? 206 : 200;
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(status, { 'content-length': content.length - from, ...(from > 0 && range) });
    response.write(content.subarray(from, from + 1000), () => setTimeout(() => response.destroy(), 300));
    return true;
  };
  const dir = await download(server, tempFolder()).done;
  expect(readFileSync(join(dir, WEIGHTS)).equals(readFileSync(join(source, WEIGHTS)))).toBe(true);
  const ranges = server.requests.filter(({ url }) => url.endsWith(WEIGHTS)).map(({ range }) => range);
  expect(ranges).toEqual([null, 'bytes=1000-', 'bytes=2000-']);
});

test('a server that ignores ranges, stalls, hiccups or redirects is coped with', async () => {
  await using server = await serveModel(source);
  const seen: string[] = [];
  server.onFile = (path, request, response, content) => {
    if (path !== WEIGHTS || request.url!.startsWith('/elsewhere/')) return false;
    seen.push(request.headers.range ?? 'all');
    if (seen.length === 1) {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 500)); // and never another byte
    } else if (seen.length === 2) {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 700), () => response.destroy());
    } else if (seen.length === 3) end(response, 503);
    else response.writeHead(302, { location: `/elsewhere/${path}` }).end();
    return true;
  };
  const dir = await download(server, tempFolder()).done;
  expect(readFileSync(join(dir, WEIGHTS)).equals(readFileSync(join(source, WEIGHTS)))).toBe(true);
  expect(seen.slice(0, 2)).toEqual(['all', 'bytes=500-']);
  expect(server.requests.map(({ url }) => url)).toContain(`/elsewhere/${WEIGHTS}`);
});

test.each([
  ['a large file', WEIGHTS],
  ['a small file', 'scheduler/scheduler_config.json'],
])('a wrong checksum of %s is never accepted', async (_name, victim) => {
  await using server = await serveModel(source);
  server.onFile = (path, request, response, content) => {
    if (path !== victim) return false;
    const wrong = Buffer.from(content);
    wrong[0] = wrong[0]! ^ 1;
    send(request, response, wrong);
    return true;
  };
  const folder = tempFolder();
  const { done, progress } = download(server, folder);
  await expect(done).rejects.toMatchObject({ code: 'download-failed', message: /wrong checksum/ });
  expect(progress.at(-1)).toMatchObject({ state: 'failed', error: expect.stringMatching(/wrong checksum/) });
  expect(existsSync(join(folder, 'name'))).toBe(false);
  expect(existsSync(join(folder, 'name.incomplete', victim))).toBe(false);
  // The server is mended: only what is missing is fetched.
  server.onFile = () => false;
  server.requests.length = 0;
  await download(server, folder).done;
  const fetched = server.requests.filter(({ url }) => url.includes('/resolve/')).map(({ url }) => url);
  expect(fetched.some((url) => url.endsWith('model_index.json'))).toBe(false);
  expect(fetched.some((url) => url.endsWith(victim))).toBe(true);
});

test('missing repositories, missing files and closed doors are told at once', async () => {
  await using server = await serveModel(source);
  const folder = tempFolder();
  const absent = { repository: repositoryOf(server.endpoint, 'owner/none', 'main') };
  await expect(download(server, folder, absent).done).rejects.toMatchObject({
    code: 'download-failed',
    message: /has no/,
  });
  server.onFile = (path, _request, response) => {
    if (path === 'model_index.json') end(response, 403);
    return path === 'model_index.json';
  };
  await expect(download(server, folder).done).rejects.toMatchObject({ message: /not open to everyone/ });
  expect(server.requests.filter(({ url }) => url.endsWith('model_index.json'))).toHaveLength(1);
  server.onFile = () => false;
  server.tree['../evil'] = { type: 'file', path: '../evil', size: 1, oid: '0' };
  await expect(download(server, folder).done).rejects.toMatchObject({ message: /\.\.\/evil/ });
  for (const name of ['a/b/c', '..', 'owner/..', 'ow ner/x', 'owner/con', 'owner/NUL.onnx', 'owner/x.']) {
    expect(() => repositoryOf(server.endpoint, name, 'main')).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  }
  expect(() => repositoryOf('ftp://x', 'a/b', 'main')).toThrow(/web address/);
});

test('a repository without ONNX is refused before anything is downloaded', async () => {
  const dir = tempFolder();
  await writeTinyBundle(dir);
  rmSync(join(dir, 'unet', 'model.onnx'));
  writeFileSync(join(dir, 'unet', 'model.safetensors'), 'x');
  await using server = await serveModel(dir);
  const folder = tempFolder();
  await expect(download(server, folder).done).rejects.toMatchObject({
    code: 'bundle-invalid',
    message: /PyTorch/,
  });
  expect(readdirSync(folder)).toEqual([]);
});

describe('safetensors', () => {
  const half = (...shape: number[]) => ({ dtype: 'F16', shape });
  const write = (dir: string, path: string, content: string | Parameters<typeof writeSafetensors>[1]) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    if (typeof content === 'string') writeFileSync(join(dir, path), content);
    else writeSafetensors(join(dir, path), content);
  };
  const LORA = {
    'lora_unet_mid_attn2_to_k.lora_down.weight': half(8, 768),
    'lora_unet_mid_attn2_to_k.lora_up.weight': half(320, 8),
  };
  const CONTROLNET = { 'controlnet_cond_embedding.conv_in.weight': half(16, 3, 3, 3) };

  /** As released: every network in several forms, and pictures. */
  function pipeline(dir: string): void {
    write(dir, 'model_index.json', '{"_class_name": "StableDiffusionPipeline"}');
    write(dir, 'LICENSE.md', 'a licence');
    write(dir, 'README.md', 'a page');
    write(dir, 'whole.safetensors', { other: half(900) });
    write(dir, 'whole.ckpt', 'pickle');
    write(dir, 'scheduler/scheduler_config.json', '{}');
    write(dir, 'tokenizer/vocab.json', '{}');
    write(dir, 'safety_checker/model.safetensors', { a: half(900) });
    write(dir, 'feature_extractor/preprocessor_config.json', '{}');
    for (const [folder, name] of [
      ['unet', 'diffusion_pytorch_model'],
      ['vae', 'diffusion_pytorch_model'],
      ['text_encoder', 'model'],
    ]) {
      write(dir, `${folder}/config.json`, '{"sample_size": 64, "cross_attention_dim": 768}');
      write(dir, `${folder}/${name}.safetensors`, { weight: { dtype: 'F32', shape: [800] } });
      write(dir, `${folder}/${name}.fp16.safetensors`, { weight: half(1200) });
      write(dir, `${folder}/${name}.non_ema.safetensors`, { weight: half(1200) });
      write(dir, `${folder}/${name}.bin`, 'pickle');
      write(dir, `${folder}/model.onnx`, 'graph');
    }
  }

  test('a pipeline comes in one form, half as large where there is one, without pickles, and goes on where it broke off', async () => {
    const dir = tempFolder();
    pipeline(dir);
    await using server = await serveModel(dir);
    server.licence = 'openrail++';
    const offer = await lookInto(
      repositoryOf(server.endpoint, 'owner/name', ''),
      null,
      new AbortController().signal,
    );
    expect(offer).toMatchObject({ kind: 'model', as: 'folder', licence: 'openrail++' });
    let drops = 1;
    server.onFile = (path, _request, response, content) => {
      if (!path.startsWith('unet/diffusion') || drops-- <= 0) return false;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000), () => setTimeout(() => response.destroy(), 300));
      return true;
    };
    const folder = tempFolder();
    const { done, progress } = download(server, folder);
    expect(await done).toBe(join(folder, 'name'));
    const arrived = (readdirSync(join(folder, 'name'), { recursive: true }) as string[])
      .filter((name) => name.includes('.'))
      .sort();
    expect(arrived).toEqual([...offer.files].sort());
    expect(arrived).toEqual([
      'LICENSE.md',
      'model_index.json',
      'scheduler/scheduler_config.json',
      'text_encoder/config.json',
      'text_encoder/model.fp16.safetensors',
      'tokenizer/vocab.json',
      'unet/config.json',
      'unet/diffusion_pytorch_model.fp16.safetensors',
      'vae/config.json',
      'vae/diffusion_pytorch_model.fp16.safetensors',
    ]);
    expect(progress.at(-1)).toMatchObject({
      state: 'done',
      totalBytes: offer.bytes,
      receivedBytes: offer.bytes,
    });
    const ranges = server.requests
      .filter(({ url }) => url.includes('unet/diffusion'))
      .map(({ range }) => range);
    expect(ranges).toEqual([null, 'bytes=1000-']);
    // Asked for again, nothing is fetched.
    server.requests.length = 0;
    expect(await download(server, folder).done).toBe(join(folder, 'name'));
    expect(server.requests.some(({ url }) => url.includes('/resolve/'))).toBe(false);
  });

  test('shards come with their index, all of them or the other form', async () => {
    const dir = tempFolder();
    pipeline(dir);
    rmSync(join(dir, 'unet/diffusion_pytorch_model.fp16.safetensors'));
    write(dir, 'unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors', { a: half(10) });
    write(dir, 'unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors', { b: half(10) });
    write(dir, 'unet/diffusion_pytorch_model.safetensors.index.fp16.json', '{"weight_map": {}}');
    await using server = await serveModel(dir);
    const repository = repositoryOf(server.endpoint, 'owner/name', '');
    const unet = async () =>
      (await lookInto(repository, null, new AbortController().signal)).files.filter((name) =>
        /^unet.*model/.test(name),
      );
    expect(await unet()).toEqual([
      'unet/diffusion_pytorch_model.safetensors.index.fp16.json',
      'unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors',
      'unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors',
    ]);
    rmSync(join(dir, 'unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors'));
    expect(await unet()).toEqual(['unet/diffusion_pytorch_model.safetensors']);
  });

  test('LoRAs, ControlNets and single files go where the folder keeps them', async () => {
    const dir = tempFolder();
    write(dir, 'pytorch_lora_weights.safetensors', LORA);
    write(dir, 'image.png', 'picture');
    await using lora = await serveModel(dir);
    const plain = tempFolder();
    expect(await download(lora, plain).done).toBe(join(plain, 'loras/name.safetensors'));
    const comfy = tempFolder();
    mkdirSync(join(comfy, 'models/checkpoints'), { recursive: true });
    expect(await download(lora, comfy).done).toBe(join(comfy, 'models/loras/name.safetensors'));
    expect(readdirSync(comfy)).toEqual(['models']);
    lora.requests.length = 0;
    await download(lora, comfy).done;
    expect(lora.requests.some(({ url }) => url.includes('/resolve/'))).toBe(false);

    const net = tempFolder();
    write(net, 'config.json', '{"_class_name": "ControlNetModel"}');
    write(net, 'diffusion_pytorch_model.safetensors', CONTROLNET);
    write(net, 'diffusion_pytorch_model.fp16.safetensors', CONTROLNET);
    write(net, 'diffusion_pytorch_model.bin', 'pickle');
    await using control = await serveModel(net);
    const webui = tempFolder();
    mkdirSync(join(webui, 'models/Stable-diffusion'), { recursive: true });
    const placed = join(webui, 'models/ControlNet/name');
    expect(await download(control, webui).done).toBe(placed);
    expect(readdirSync(placed).sort()).toEqual(['config.json', 'diffusion_pytorch_model.fp16.safetensors']);

    const many = tempFolder();
    write(many, 'first.safetensors', LORA);
    write(many, 'deep/second.safetensors', { 'double_blocks.0.img_attn.proj.weight': half(4, 4) });
    write(many, 'third.safetensors', CONTROLNET);
    await using several = await serveModel(many);
    const folder = tempFolder();
    await expect(download(several, folder).done).rejects.toThrow(
      /2 files: first.safetensors, third.safetensors/,
    );
    expect(await download(several, folder, { file: 'first.safetensors' }).done).toBe(
      join(folder, 'loras/first.safetensors'),
    );
    await expect(download(several, folder, { file: 'deep/second.safetensors' }).done).rejects.toThrow(
      /second.safetensors is Flux/,
    );
    await expect(download(several, folder, { file: 'none.safetensors' }).done).rejects.toThrow(/has no file/);
    await expect(download(several, folder, { file: 'first.ckpt' }).done).rejects.toThrow(
      /no .safetensors file/,
    );
    // A file of the artist's that has the name is never written over.
    writeFileSync(join(folder, 'third.safetensors'), 'of the artist');
    await expect(download(several, folder, { file: 'third.safetensors' }).done).rejects.toThrow(/already/);
    expect(readFileSync(join(folder, 'third.safetensors'), 'utf8')).toBe('of the artist');
  });
});

test('a disk without room is told before the first byte', async () => {
  await using server = await serveModel(source);
  const folder = tempFolder();
  const free = async () => 1000;
  await expect(download(server, folder, { free }).done).rejects.toMatchObject({ code: 'disk-full' });
  expect(server.requests.some(({ url }) => url.includes('/resolve/'))).toBe(false);
});

test('cancelled, it stops at once, and the next start goes on with what has arrived', async () => {
  await using server = await serveModel(source);
  server.onFile = (path, _request, response, content) => {
    if (path !== WEIGHTS) return false;
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 1500));
    return true;
  };
  const folder = tempFolder();
  const { done, progress, abort } = download(server, folder);
  const partial = join(folder, 'name.incomplete', `${WEIGHTS}.incomplete`);
  await vi.waitUntil(() => statSync(partial, { throwIfNoEntry: false })?.size === 1500, { timeout: 60_000 });
  abort.abort();
  await expect(done).rejects.toMatchObject({ name: 'Cancelled' });
  expect(progress.at(-1)).toMatchObject({ state: 'cancelled', error: null });
  expect(statSync(partial).size).toBe(1500);
  server.onFile = () => false;
  server.requests.length = 0;
  await download(server, folder).done;
  expect(server.requests.filter(({ url }) => url.endsWith(WEIGHTS))).toEqual([
    expect.objectContaining({ range: 'bytes=1500-' }),
  ]);
});

test('a depth estimator comes along, with the file that says how it wants its pictures', async () => {
  const withDepth = tempFolder();
  await writeTinyBundle(withDepth, { kind: 'depth', depth: {} });
  await using server = await serveModel(withDepth);
  const dir = await download(server, tempFolder()).done;
  expect(await inspectBundle(dir, { figures: false })).toMatchObject({ depth: 'estimator', defects: [] });
});

test('a folder that was prepared with links is never written through', async () => {
  await using server = await serveModel(source);
  const elsewhere = tempFolder();
  const precious = join(elsewhere, 'precious.txt');
  const ways: readonly [string, (making: string) => void][] = [
    ['the folder itself', (making) => symlinkSync(elsewhere, making)],
    [
      'a folder in it',
      (making) => {
        mkdirSync(making);
        symlinkSync(elsewhere, join(making, 'unet'));
      },
    ],
    [
      'the place of a file',
      (making) => {
        mkdirSync(making);
        symlinkSync(precious, join(making, 'model_index.json'));
      },
    ],
    [
      'the place of an incomplete file',
      (making) => {
        mkdirSync(making);
        symlinkSync(precious, join(making, 'model_index.json.incomplete'));
      },
    ],
    [
      'a second name of a file',
      (making) => {
        mkdirSync(making);
        linkSync(precious, join(making, 'model_index.json.incomplete'));
      },
    ],
  ];
  for (const [name, prepare] of ways) {
    writeFileSync(precious, 'of the artist');
    const folder = tempFolder();
    prepare(join(folder, 'name.incomplete'));
    await expect(download(server, folder).done, name).rejects.toMatchObject({
      code: 'output-unwritable',
      message: /may lead elsewhere/,
    });
    expect(readdirSync(elsewhere), name).toEqual(['precious.txt']);
    expect(readFileSync(precious, 'utf8'), name).toBe('of the artist');
  }
});

test('a download that became whole just before the program died is adopted, and only such a one', async () => {
  await using server = await serveModel(source);
  const folder = tempFolder();
  const dir = await download(server, folder).done;
  server.requests.length = 0;
  const { done, progress } = download(server, folder);
  expect(await done).toBe(dir);
  expect(progress.at(-1)).toMatchObject({ state: 'done', error: null });
  expect(server.requests.some(({ url }) => url.includes('/resolve/'))).toBe(false);
  // One bit of it changed, it is somebody's own.
  const weights = readFileSync(join(dir, WEIGHTS));
  weights[0] = weights[0]! ^ 1;
  writeFileSync(join(dir, WEIGHTS), weights);
  await expect(download(server, folder).done).rejects.toMatchObject({
    code: 'output-unwritable',
    message: /already/,
  });
  expect(readFileSync(join(dir, WEIGHTS)).equals(weights)).toBe(true);
});

test.each([
  ['this machine', (port: number) => `https://127.0.0.1:${port}/x`, /inside your own network/],
  ['it by its name', (port: number) => `https://localhost:${port}/x`, /inside your own network/],
  ['a private network', () => 'https://192.168.1.1/x', /inside your own network/],
  ['the address of a cloud’s secrets', () => 'http://169.254.169.254/latest', /not encrypted/],
  ['a plain connection', () => 'http://example.com/x', /not encrypted/],
  ['a file', () => 'file:///etc/hostname', /not encrypted/],
])('a server that leads to %s is not followed', async (_name, address, message) => {
  await using server = await serveModel(source);
  let visits = 0;
  const inside = createServer((_request, response) => {
    visits += 1;
    response.end('secret');
  });
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
  const location = address((inside.address() as AddressInfo).port);
  server.onFile = (_path, _request, response) => {
    response.writeHead(302, { location }).end();
    return true;
  };
  await expect(download(server, tempFolder()).done).rejects.toMatchObject({
    code: 'download-failed',
    message,
  });
  expect(visits).toBe(0);
  inside.close();
});

test('a server that leads in a circle is left', async () => {
  await using server = await serveModel(source);
  server.onFile = (_path, request, response) => {
    response.writeHead(302, { location: request.url! }).end();
    return true;
  };
  await expect(download(server, tempFolder()).done).rejects.toMatchObject({ message: /without end/ });
});

test.each([
  'CON',
  'unet/nul.onnx',
  'unet/COM1.txt',
  'aux/x',
  'unet/lpt9',
  'x./y',
  'unet/x ',
  'a:b',
  'conout$',
  'x.incomplete',
])('a repository with the file "%s" is refused', async (path) => {
  await using server = await serveModel(source);
  server.tree[path] = { type: 'file', path, size: 1, oid: '0' };
  const folder = tempFolder();
  await expect(download(server, folder).done).rejects.toMatchObject({ code: 'download-failed' });
  expect(readdirSync(folder)).toEqual([]);
});
