/** The types that authors of plugins have say what Retake checks, both ways: this file does not compile where they differ. */
import { expect, it } from 'vitest';
import type { z } from 'zod';
import type * as Api from '../../packages/plugin-api/index.d.ts';
import type { farmV1 } from '../../src/common/plugins/farm-v1.ts';
import type { manifestSchema, permissionsSchema } from '../../src/common/plugins/manifest.ts';
import type { paramsSchema } from '../../src/common/plugins/params.ts';
import type { sampling1 } from '../../src/common/plugins/sampling-v1.ts';
import type { timelineV1 } from '../../src/common/plugins/timeline-v1.ts';
import type { UI_COMMANDS, UiRead, uiValues } from '../../src/common/plugins/ui-v1.ts';

/** Whoever may not write to it and whoever may speak of the same. */
type Plain<T> = T extends Float32Array
  ? Float32Array
  : T extends Uint8Array
    ? Uint8Array
    : T extends Uint8ClampedArray
      ? Uint8ClampedArray
      : T extends readonly unknown[]
        ? { readonly [K in keyof T]: Plain<T[K]> }
        : T extends object
          ? { readonly [K in keyof T]: Plain<T[K]> }
          : T;
/** Every key of either, optional or not, with the same type: what can be given for one can be given for the other. */
type Same<A, B> = [Plain<A>] extends [Plain<B>]
  ? [Plain<B>] extends [Plain<A>]
    ? SameKeys<Plain<A>, Plain<B>>
    : false
  : false;
type SameKeys<A, B> = [KeysOf<A>] extends [KeysOf<B>]
  ? [KeysOf<B>] extends [KeysOf<A>]
    ? true
    : false
  : false;
/** Paths of keys, some levels down; "*" is any name. */
type KeysOf<T, Depth extends readonly unknown[] = []> = Depth['length'] extends 9
  ? never
  : T extends Float32Array | Uint8Array | Uint8ClampedArray
    ? never
    : T extends readonly unknown[]
      ? number extends T['length']
        ? KeysOf<T[number], [...Depth, 0]>
        : { [K in keyof T & `${number}`]: Under<K, T[K], Depth> }[keyof T & `${number}`]
      : T extends object
        ? string extends keyof T
          ? Under<'*', T[keyof T & string], Depth>
          : { [K in keyof T & string]-?: Under<K, T[K], Depth> }[keyof T & string]
        : never;
type Under<Key extends string, T, Depth extends readonly unknown[]> =
  | Key
  | `${Key}.${KeysOf<NonNullable<T>, [...Depth, 0]>}`;
const same = <Held extends true>(): Held => true as Held;

type Given<Call> = Call extends { input: infer Input extends z.ZodType } ? z.output<Input> : never;
type Answered<Call> = Call extends { output: infer Output extends z.ZodType } ? z.input<Output> : never;
type Told<F> = F extends (...args: infer Args) => unknown ? Args : never;
type Said<F> = F extends (...args: never[]) => infer Out ? Awaited<Out> : never;

type Timeline = (typeof timelineV1)['calls'];
type Sampling = (typeof sampling1)['calls'];
type Farm = (typeof farmV1)['calls'];

const HELD = [
  // The manifest.
  same<Same<Api.Manifest, z.input<typeof manifestSchema>>>(),
  same<Same<Api.Permissions, z.input<typeof permissionsSchema>>>(),
  same<Same<Api.ParamsSchema, z.input<typeof paramsSchema>>>(),
  // timeline@1: what a plugin is given, and what it may answer.
  same<Same<Told<Api.Exporter['write']>, Given<Timeline['write']>>>(),
  same<Same<Said<Api.Exporter['write']>, Answered<Timeline['write']>>>(),
  same<Same<Told<Api.Importer['read']>, Given<Timeline['read']>>>(),
  same<Same<Said<Api.Importer['read']>, Answered<Timeline['read']>>>(),
  same<Same<Told<Api.Name>, Given<Timeline['name']>>>(),
  same<Same<Said<Api.Name>, Answered<Timeline['name']>>>(),
  // sampling@1 and frames@1.
  same<Same<Told<Api.Method['needs']>, Given<Sampling['needs']>>>(),
  same<Same<Said<Api.Method['needs']>, Answered<Sampling['needs']>>>(),
  same<Same<Told<Api.Method['runs']>, Given<Sampling['runs']>>>(),
  same<Same<Said<Api.Method['runs']>, Answered<Sampling['runs']>>>(),
  same<Same<Told<Required<Api.Method>['blend']>, Given<Sampling['blend']>>>(),
  same<Same<Said<Required<Api.Method>['blend']>, Answered<Sampling['blend']>>>(),
  same<Same<Told<Required<Api.Method>['gather']>, Given<Sampling['gather']>>>(),
  same<Same<Said<Required<Api.Method>['gather']>, Answered<Sampling['gather']>>>(),
  same<Same<Told<Required<Api.Method>['settle']>, Given<Sampling['settle']>>>(),
  same<Same<Said<Required<Api.Method>['settle']>, Answered<Sampling['settle']>>>(),
  // farm@1.
  same<Same<Told<Api.Farm['submit']>, Given<Farm['submit']>>>(),
  same<Same<Said<Api.Farm['submit']>, Answered<Farm['submit']>>>(),
  same<Same<Told<Api.Farm['status']>, Given<Farm['status']>>>(),
  same<Same<Said<Api.Farm['status']>, Answered<Farm['status']>>>(),
  same<Same<Told<Api.Farm['cancel']>, Given<Farm['cancel']>>>(),
  same<Same<Said<Api.Farm['cancel']>, Answered<Farm['cancel']>>>(),
  // ui@1.
  same<Same<Api.UiRead, UiRead>>(),
  same<Same<Api.UiValues, { [What in UiRead]: z.output<(typeof uiValues)[What]> }>>(),
  same<
    Same<Api.UiCommands, { [Name in keyof typeof UI_COMMANDS]: z.input<(typeof UI_COMMANDS)[Name]['input']> }>
  >(),
];

it('says the same as the schemas', () => {
  expect(HELD).not.toContain(false);
});
