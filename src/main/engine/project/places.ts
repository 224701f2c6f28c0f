/**
 * Network places that the artist has used. A project may come from anybody and name any path; asking a server for a
 * file tells it who asks, so a place that is new here is not looked at before the artist does something with it.
 */

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { writeWhole } from '../../atomic-files.ts';

const MOST_PLACES = 1000;
const placesFile = z.array(z.string().max(1000)).max(MOST_PLACES);

/** Folders in which a name makes the system call a server, beyond those that the list of mounts names. */
const AUTOMOUNTS = ['/net/', '/Network/', '/System/Volumes/Data/Network/'];

/** Server and share that a path leads to, or null for one on this machine: "//server/share", "/net/server". */
export function networkPlace(path: string, automounts: readonly string[] = automountsHere()): string | null {
  const parts = path.split(/[\\/]+/).filter((part) => part !== '');
  const address = /^([a-z][a-z0-9+.-]+):[\\/]{2}([^\\/]*)/i.exec(path);
  if (address) return `${address[1]}://${address[2]}`.toLowerCase();
  if (/^[\\/]{2}[.?][\\/]/.test(path)) {
    // \\?\UNC\server\share is a share as well; other names of this kind are devices.
    return parts[1]?.toLowerCase() === 'unc' ? place(parts.slice(2)) : place(parts);
  }
  if (/^[\\/]{2}/.test(path)) return place(parts);
  const mount = [...AUTOMOUNTS, ...automounts].find((one) => `${path}/`.startsWith(one));
  if (mount === undefined) return null;
  const [server = ''] = path.slice(mount.length).split('/');
  return `${mount}${server}`;
}

function place([server = '', share = '']: readonly string[]): string {
  return `//${server}/${share}`.toLowerCase();
}

let mounts: readonly string[] | null = null;

/** Where this machine mounts when it is asked: each with a slash at its end. */
function automountsHere(): readonly string[] {
  mounts ??= readMounts();
  return mounts;
}

function readMounts(): readonly string[] {
  if (process.platform !== 'linux') return [];
  try {
    const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    return lines.flatMap((line) => {
      const [, folder, type] = line.split(' ');
      return type === 'autofs' && folder ? [`${folder.replaceAll('\\040', ' ')}/`] : [];
    });
  } catch {
    return [];
  }
}

export class NetworkPlaces {
  readonly #file: string;
  #known: Promise<Set<string>> | null = null;
  readonly #inTurn = pLimit(1);

  constructor(file: string) {
    this.#file = file;
  }

  /** Whether the path may be looked at: it is on this machine, or in a place that the artist has used. */
  async allows(path: string): Promise<boolean> {
    const at = networkPlace(path);
    return at === null || (await this.#places()).has(at);
  }

  /** @throws AppError clip-unreadable for a path in a place that is new here */
  async require(path: string, doing: string): Promise<void> {
    if (await this.allows(path)) return;
    throw new AppError('clip-unreadable', `it is on the network, in ${networkPlace(path)}`, {
      doing,
      hint: 'That place is new here: choose something in it yourself, or look there from the list of missing clips.',
    });
  }

  /** The artist has chosen something there. */
  async accept(path: string): Promise<void> {
    const at = networkPlace(path);
    const known = await this.#places();
    if (at === null || known.has(at)) return;
    known.add(at);
    const list = JSON.stringify([...known].slice(-MOST_PLACES));
    // Kept for the next time; a full disk does not keep the artist from the clip now.
    await this.#inTurn(() => writeWhole(this.#file, list)).catch(() => {});
  }

  #places(): Promise<Set<string>> {
    this.#known ??= readFile(this.#file, 'utf8')
      .then((text) => new Set(placesFile.parse(JSON.parse(text))))
      .catch(() => new Set<string>());
    return this.#known;
  }
}
