/** One safetensors file as the library shows it: what its header tells, read once and remembered while the file stays as it is. */
import { basename } from 'node:path';
import { z } from 'zod';
import { LIBRARY_KINDS } from '../../../common/contract/library.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import { elementName } from '../onnx/ir/types.ts';
import { openSafetensors } from '../onnx/safetensors/open.ts';
import { RebuildableDb } from '../storage/rebuildable.ts';
import { identify, loraFacts, type Tensors } from './identify.ts';
import { type Metadata, said, triggerWords } from './metadata.ts';
import { headers } from './migrations/001-headers.ts';
import { seen } from './migrations/002-seen.ts';

/** Raise when headers are read in another way: what is remembered is then read anew. */
const VERSION = 2;

const text = z.string().max(2000);
const headerFacts = z.object({
  version: z.literal(VERSION),
  kind: z.enum(LIBRARY_KINDS),
  /** Family in words, or what it is where Retake has no use for it; may be empty. */
  what: text,
  nativeSize: z.int().nullable(),
  prediction: z.enum(['v', 'epsilon']).nullable(),
  parameters: z.number(),
  /** Element types, the most frequent first. */
  types: z.array(text),
  words: z.array(text),
  /** What the file says of itself: name and value. */
  said: z.array(z.tuple([text, text])),
  lora: z.object({ ranks: z.array(z.int()), layers: z.record(text, z.int()) }).nullable(),
  /** Why it cannot be used, in one line. */
  problem: text.nullable(),
});
export type HeaderFacts = z.output<typeof headerFacts>;

/** Names under which trainers and converters write what an artist may want to know. */
const SAID: readonly (readonly [label: string, ...names: string[]])[] = [
  ['Title', 'modelspec.title', 'ss_output_name'],
  ['Author', 'modelspec.author'],
  ['Licence', 'modelspec.license', 'license'],
  ['Resolution', 'modelspec.resolution', 'ss_resolution'],
  ['Made for', 'ss_base_model_version', 'modelspec.architecture'],
  ['Trained on', 'ss_sd_model_name'],
  ['Description', 'modelspec.description', 'ss_training_comment'],
  ['Usage', 'modelspec.usage_hint'],
  ['Alpha', 'ss_network_alpha'],
  ['Date', 'modelspec.date'],
];

/** Never throws for what is in the file. */
function readHeader(path: string): HeaderFacts {
  try {
    const { tensors, metadata } = openSafetensors(path, `reading ${basename(path)}`);
    return factsOf(tensors, metadata);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ...NOTHING, problem: problemOf(error) };
  }
}

export const NOTHING: HeaderFacts = {
  version: VERSION,
  kind: 'other',
  what: '',
  nativeSize: null,
  prediction: null,
  parameters: 0,
  types: [],
  words: [],
  said: [],
  lora: null,
  problem: null,
};

/** A defect as a line beside the file's own name. */
export function problemOf({ code, message, hint }: AppError): string {
  return errorLine(new AppError(code, message, { doing: '', hint }));
}

function factsOf(tensors: Tensors, metadata: Metadata): HeaderFacts {
  const { problem, ...identity } = identify(tensors, metadata);
  const counts = new Map<string, number>();
  for (const { type, dims } of tensors.values()) {
    const name = elementName(type);
    counts.set(name, (counts.get(name) ?? 0) + dims.reduce((all, dim) => all * dim, 1));
  }
  return {
    ...NOTHING,
    ...identity,
    parameters: [...counts.values()].reduce((sum, count) => sum + count, 0),
    types: [...counts].sort(([, m], [, n]) => n - m).map(([name]) => name),
    words: triggerWords(metadata),
    said: SAID.flatMap(([label, ...names]): [string, string][] => {
      const value = said(metadata, ...names);
      return value === null ? [] : [[label, value]];
    }),
    lora: identity.kind === 'lora' ? loraFacts(tensors) : null,
    problem: problem && problemOf(problem),
  };
}

export interface FileStamp {
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** What nobody asked about for so long is of files that are gone, or on a disk that is. */
const KEPT_DAYS = 180;
/** A few kilobytes each. */
const MOST_KEPT = 20_000;

const dayOf = (now: number) => Math.floor(now / 86_400_000);

/** Headers by path, size and time of change. */
export class KnownHeaders {
  readonly #database: RebuildableDb | null;
  readonly #today: number;
  readonly #read = new Map<string, FileStamp & { readonly facts: HeaderFacts }>();

  /** @param file null keeps them for this process only */
  constructor(file: string | null, onWarning: (line: string) => void = () => {}, now = Date.now()) {
    this.#today = dayOf(now);
    this.#database = file === null ? null : openQuietly(file, onWarning);
    this.#database?.run('clearing up what files held', undefined, (db) => {
      db.prepare('DELETE FROM headers WHERE seen < ?').run(this.#today - KEPT_DAYS);
      db.prepare(
        'DELETE FROM headers WHERE path IN (SELECT path FROM headers ORDER BY seen DESC, path LIMIT -1 OFFSET ?)',
      ).run(MOST_KEPT);
    });
  }

  /** Null where the file has to be read. */
  known(path: string, { bytes, mtimeMs }: FileStamp): HeaderFacts | null {
    const here = this.#read.get(path);
    if (here && here.bytes === bytes && here.mtimeMs === mtimeMs) return here.facts;
    const told = this.#database?.run('reading what a file holds', null, (db) =>
      db
        .prepare('SELECT told FROM headers WHERE path = ? AND size = ? AND mtime_ms = ?')
        .pluck()
        .get(path, bytes, mtimeMs),
    );
    const facts = typeof told === 'string' ? parse(told) : null;
    if (!facts) return null;
    this.#read.set(path, { bytes, mtimeMs, facts });
    this.#database?.run('noting what is still asked about', undefined, (db) => {
      db.prepare('UPDATE headers SET seen = ? WHERE path = ? AND seen < ?').run(
        this.#today,
        path,
        this.#today,
      );
    });
    return facts;
  }

  read(path: string, { bytes, mtimeMs }: FileStamp): HeaderFacts {
    const known = this.known(path, { bytes, mtimeMs });
    if (known) return known;
    const facts = readHeader(path);
    this.#read.set(path, { bytes, mtimeMs, facts });
    this.#database?.run('keeping what a file holds', undefined, (db) => {
      db.prepare(
        'INSERT OR REPLACE INTO headers (path, size, mtime_ms, told, seen) VALUES (?, ?, ?, ?, ?)',
      ).run(path, bytes, mtimeMs, JSON.stringify(facts), this.#today);
    });
    return facts;
  }

  close(): void {
    this.#database?.close();
  }
}

function parse(told: string): HeaderFacts | null {
  try {
    return headerFacts.safeParse(JSON.parse(told)).data ?? null;
  } catch {
    return null;
  }
}

/** A convenience: where there is no room for it, headers are read again. */
function openQuietly(file: string, onWarning: (line: string) => void): RebuildableDb | null {
  try {
    return new RebuildableDb(file, {
      label: 'the list of headers',
      migrations: [headers, seen],
      newer: 'set-aside',
      onWarning,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    onWarning(errorLine(error));
    return null;
  }
}
