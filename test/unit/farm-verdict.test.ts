import { expect, test } from 'vitest';
import { AppError, Cancelled, type ErrorCode, TooLittleMemory } from '../../src/common/errors.ts';
import { exitOf } from '../../src/main/engine/farm/verdict.ts';

const failed = (code: ErrorCode) => exitOf(new AppError(code, 'no', { doing: 'trying' }));

test.each<ErrorCode>([
  'disk-full',
  'device-memory',
  'provider-unavailable',
  'weights-missing',
  'output-unwritable',
])('%s may be otherwise on another machine', (code) => expect(failed(code)).toBe(75));

test.each<ErrorCode>([
  'usage',
  'clip-changed',
  'bundle-invalid',
  'not-finite',
  'version-mismatch',
  'internal',
])('%s is the same on every machine', (code) => expect(failed(code)).toBe(65));

test('what a system, a scheduler or too little memory ends may be done again; a fault of ours may not', () => {
  expect(exitOf(new Cancelled())).toBe(75);
  expect(exitOf(new TooLittleMemory('no', { doing: 'trying' }))).toBe(75);
  expect(exitOf(Object.assign(new Error('ESTALE: stale'), { code: 'ESTALE' }))).toBe(75);
  expect(exitOf(new TypeError('x is not a function'))).toBe(65);
});
