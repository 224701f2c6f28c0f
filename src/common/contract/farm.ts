/** Shots that other machines render: folders that were packed and handed to a scheduler, and what comes home from them. */
import { z } from 'zod';
import { call } from './call.ts';
import { queueAddition } from './queue.ts';
import { absolutePath, nothing, projectId } from './values.ts';

/** A scheduler that shots can be handed to. */
export interface FarmDriverInfo {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  /** What it asks for, all of it text. */
  readonly settings: readonly {
    readonly id: string;
    readonly label: string;
    readonly help: string;
    /** The artist's own where one was kept by `farm.keep`, else the driver's. */
    readonly default: string;
  }[];
}

export interface FarmShotStatus {
  /** From 1, in playing order. */
  readonly number: number;
  /** In the project. */
  readonly shotId: string;
  readonly name: string;
  /** done: its take lies in the folder; collected: and is in the project's folder of takes. */
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped' | 'collected';
  /** The machine that works at it, or did last. */
  readonly host: string | null;
  /** Of its render, 0..1. */
  readonly fraction: number;
  /** What it does just now, in words; empty where nobody knows. */
  readonly doing: string;
  /** Times that its render was begun. */
  readonly attempts: number;
  readonly error: { readonly line: string; readonly hint: string } | null;
  /** The last that its machine said, oldest first. */
  readonly lines: readonly string[];
}

export interface FarmStatus {
  readonly folder: string;
  /** Ten letters and digits; empty where the folder cannot be read. */
  readonly id: string;
  readonly name: string;
  readonly project: { readonly id: string; readonly name: string };
  /** Null for a folder that was given to no scheduler. */
  readonly driver: string | null;
  /** When it was submitted, or packed: milliseconds since 1970. */
  readonly at: number;
  /** done: every take lies in the folder. failed: nothing goes on by itself, and something is missing. */
  readonly state: 'packed' | 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  /** The same for people, with what the scheduler says: "3 of 8 takes, 2 running". */
  readonly words: string;
  /** Units of the step before the renders. */
  readonly invert: { readonly done: number; readonly of: number };
  readonly shots: readonly FarmShotStatus[];
  /** Why not all of this is known: the folder is away, the scheduler does not answer. */
  readonly problem: string | null;
}

export interface FarmPacked {
  readonly folder: string;
  readonly id: string;
  readonly shots: number;
  /** Of the step before the renders. */
  readonly units: number;
  /** Of the desk's cache, which went along. */
  readonly artefacts: number;
  /** Of the folder. */
  readonly bytes: number;
}

export interface FarmCollected {
  readonly folder: string;
  /** Takes that came home now. */
  readonly takes: readonly { readonly shot: number; readonly name: string; readonly path: string }[];
  /** Takes that had come home before. */
  readonly before: number;
  /** Shots whose take is not there yet. */
  readonly missing: readonly number[];
  /** What the cache got that it lacked, and what of it was there already. */
  readonly artefacts: { readonly added: number; readonly known: number; readonly bytes: number };
  /** What did not prove to be what it says it is, and was left where it lies: one line each. */
  readonly refused: readonly string[];
  /** Takes that are home and wait for their project's file, one line each. */
  readonly unfiled: readonly string[];
}

const one = z.strictObject({ folder: absolutePath });
const settingName = z.string().regex(/^[\w.-]{1,64}$/, 'is no name of a setting');
const settingText = z.string().max(4096);

const packed = queueAddition.omit({ preview: true }).extend({
  /** The id of the open project, or the file of one that is read and not opened. */
  project: z.union([absolutePath, projectId]),
  /** One that is not there yet, or is empty; null for a new one beside the project. */
  folder: absolutePath.nullable(),
  /** Models go along, for machines that do not have them. */
  copyModels: z.boolean(),
});

export const farmCalls = {
  'farm.drivers': call(nothing, 'listing the schedulers').answers<readonly FarmDriverInfo[]>(),
  /** A setting of a driver that is the default from now on; null goes back to the driver's own. */
  'farm.keep': call(
    z.strictObject({ driver: settingName, setting: settingName, value: settingText.nullable() }),
    'keeping a setting of a scheduler',
  ).answers<readonly FarmDriverInfo[]>(),
  /** All shots or none; a refusal names the shot, and nothing is left behind then. */
  'farm.pack': call(packed, 'packing for the farm').answers<FarmPacked>(),
  /** Packs, and hands the folder to a scheduler. Settings that are not given are the defaults. */
  'farm.submit': call(
    packed.extend({ driver: settingName, settings: z.record(settingName, settingText) }),
    'sending to the farm',
  ).answers<FarmStatus>(),
  /** Hands in what is not whole yet, of a packed folder or one that was handed in; with a driver's name to that one. */
  'farm.again': call(
    one.extend({
      driver: settingName.optional(),
      settings: z.record(settingName, settingText).optional(),
    }),
    'sending to the farm again',
  ).answers<FarmStatus>(),
  /** Folders that this desk sent, the newest first. */
  'farm.list': call(nothing, 'listing what is at the farm').answers<readonly FarmStatus[]>(),
  /** Of any folder, whoever sent it. */
  'farm.status': call(one, 'asking the farm').answers<FarmStatus>(),
  'farm.cancel': call(one, 'cancelling at the farm').answers<FarmStatus>(),
  /** Brings home what is whole by now. Any number of times: what is home already is left alone. */
  'farm.collect': call(
    one.extend({
      /** Instead of the folder that the job names, which this machine may not have. */
      takesFolder: absolutePath.optional(),
    }),
    'collecting from the farm',
  ).answers<FarmCollected>(),
  /** The desk no longer looks after a folder, which stays where it is. Throws usage while something of it is out. */
  'farm.forget': call(one, 'forgetting a folder of the farm').answers<null>(),
};
