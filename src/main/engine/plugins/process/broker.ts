/** What a plugin may not do by itself, done for it where the artist agreed: the network, and files that were picked. */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { Permissions } from '../../../../common/plugins/manifest.ts';
import { writeWhole } from '../../../atomic-files.ts';
import type { Ask } from '../../../plugin-child/messages.ts';
import { LIMITS } from './limits.ts';
import { type NetworkOptions, networkFetch } from './network.ts';

/** Lent for one call, by the names under which the plugin asks for them. */
export type LentFiles = Readonly<Record<string, { readonly path: string; readonly for: 'read' | 'write' }>>;

const fileName = z.string().max(300);
const bytes = z.instanceof(Uint8Array);
const reading = z.strictObject({ name: fileName });
const writing = z.strictObject({ name: fileName, data: z.union([z.string(), bytes]) });

export type { NetworkOptions };

export class Broker {
  readonly #granted: Permissions;
  readonly #network: NetworkOptions;

  constructor(granted: Permissions, network: NetworkOptions = {}) {
    this.#granted = granted;
    this.#network = network;
  }

  get mayWrite(): boolean {
    return this.#granted.write !== undefined;
  }

  /** @throws Error whose message is for whoever made the plugin */
  async ask({ what, input }: Ask, files: LentFiles, signal: AbortSignal): Promise<unknown> {
    const { network, read, write } = this.#granted;
    if (what === 'fetch') {
      if (!network) throw new Error('the plugin has no permission "network"');
      return networkFetch(input, network.hosts, { ...this.#network, signal });
    }
    if (what === 'read') {
      if (!read) throw new Error('the plugin has no permission "read"');
      return readFile(lent(files, asked(reading, input).name, 'read'));
    }
    if (!write) throw new Error('the plugin has no permission "write"');
    const { name, data } = asked(writing, input);
    await writeWhole(lent(files, name, 'write'), data);
    return null;
  }
}

function asked<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const read = schema.safeParse(input);
  if (!read.success)
    throw new Error(`${read.error.issues[0]!.path.join('.')}: ${read.error.issues[0]!.message}`);
  return read.data;
}

function lent(files: LentFiles, name: string, what: 'read' | 'write'): string {
  const file = Object.hasOwn(files, name) ? files[name] : undefined;
  if (file?.for !== what) throw new Error(`"${name.slice(0, 60)}" was not picked to ${what} in this call`);
  return file.path;
}

async function readFile(path: string): Promise<Uint8Array> {
  await using handle = await open(path, 'r');
  const { size } = await handle.stat();
  if (size > LIMITS.fileBytes) throw new Error('the file is too large for a plugin');
  // As many bytes as were counted: a file that grows meanwhile is not followed.
  const data = new Uint8Array(size);
  const { bytesRead } = await handle.read(data, 0, size, 0);
  return data.subarray(0, bytesRead);
}
