import { describe, expect, test } from 'vitest';
import { autoNote, providerNote } from '../../src/renderer/library/provider-note.ts';
import { parseRepository } from '../../src/renderer/library/repository.ts';
import { folderOf, nameOfProject } from '../../src/renderer/start/paths.ts';

describe('naming a repository', () => {
  const endpoint = 'https://models.example';

  test.each([
    ['owner/name', 'owner/name', 'main', endpoint],
    [' owner/na.me-2 ', 'owner/na.me-2', 'main', endpoint],
    ['owner/name@fp16', 'owner/name', 'fp16', endpoint],
    ['https://other.example/owner/name', 'owner/name', 'main', 'https://other.example'],
    ['https://other.example/owner/name/tree/refs/pr/3', 'owner/name', 'refs/pr/3', 'https://other.example'],
    ['http://127.0.0.1:8080/owner/name/', 'owner/name', 'main', 'http://127.0.0.1:8080'],
  ])('%s', (text, repository, revision, from) => {
    expect(parseRepository(text, endpoint)).toEqual({
      endpoint: from,
      repository,
      revision,
      file: null,
    });
  });

  test.each([
    ['https://x.example/o/n/blob/main/a.safetensors', 'main', 'a.safetensors'],
    [
      'https://x.example/o/n/resolve/fp16/deep/a%20b.safetensors?download=true',
      'fp16',
      'deep/a b.safetensors',
    ],
    ['https://x.example/o/n/blob/refs/pr/3/a.safetensors', 'refs/pr/3', 'a.safetensors'],
  ])('the address of a file: %s', (text, revision, file) => {
    expect(parseRepository(text, endpoint)).toEqual({
      endpoint: 'https://x.example',
      repository: 'o/n',
      revision,
      file,
    });
  });

  test.each([
    '',
    'name',
    'a/b/c',
    'a b/c',
    'owner/name@',
    'owner/name@a@b',
    'https://x',
    'https://x/owner',
    'http://[',
  ])('refuses "%s"', (text) => expect(parseRepository(text, endpoint)).toBeNull());
});

describe('providers', () => {
  const trials = [
    { provider: 'cpu', ok: true, reason: '', milliseconds: 900, call: 41.4, cpu: 41.4 },
    { provider: 'webgpu', ok: false, reason: ' no adapter\nfound ', milliseconds: 3 },
    { provider: 'cuda', ok: false, reason: '', milliseconds: 3 },
  ];

  test('say whether they work, and why not', () => {
    expect(providerNote('cpu', trials)).toEqual({ ok: true, text: 'Works: 41 ms a call' });
    expect(providerNote('webgpu', trials)).toEqual({ ok: false, text: 'Not available: no adapter found' });
    expect(providerNote('cuda', trials).ok).toBe(false);
    expect(providerNote('dml', trials)).toEqual({
      ok: false,
      text: 'Not part of this build for this system',
    });
    expect(providerNote('dml', null).ok).toBe(true);
    const missing = { ...trials[0]!, provider: 'dml', ok: false, reason: 'not available on this system' };
    expect(providerNote('dml', [missing]).text).toBe('Not available on this system');
    expect(providerNote('cpu', 'unknown')).toEqual({ ok: true, text: 'Could not be tried' });
  });

  test('say how long a call takes beside the processor, and which is taken', () => {
    const card = { provider: 'cuda', ok: true, reason: '', milliseconds: 900, call: 2.04, cpu: 41.4 };
    const disguised = { ...card, provider: 'webgpu', call: 1, software: true };
    expect(providerNote('cuda', [card])).toEqual({
      ok: true,
      text: 'Works: 2.0 ms a call, the processor 41 ms',
    });
    expect(providerNote('webgpu', [disguised]).text).toMatch(/^Works without a graphics card: /);
    expect(autoNote([trials[0]!, disguised, card])).toBe('Here: NVIDIA (CUDA)');
    expect(autoNote([trials[0]!, disguised])).toBe('Here: Processor');
    expect(autoNote(null)).toBe('Times each and takes the fastest');
  });
});

test('paths of projects are read on any system', () => {
  expect(nameOfProject('/films/Night walk.retake')).toBe('Night walk');
  expect(nameOfProject('C:\\films\\Night walk.RETAKE')).toBe('Night walk');
  expect(folderOf('C:\\films\\Night walk.retake')).toBe('C:\\films');
  expect(folderOf('/a.retake')).toBe('/');
});
