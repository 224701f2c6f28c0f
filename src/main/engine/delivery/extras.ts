/** What else lies in a delivered folder beside media and timelines, a text file each. A new one is a function in a file of its own, and its place here. */
import { credentialsExtra } from './credentials.ts';
import type { Extra } from './extra.ts';
import { resolveExtra } from './resolve.ts';

export const EXTRAS: readonly Extra[] = [resolveExtra, credentialsExtra];
