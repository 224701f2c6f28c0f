/** What lies in a Hugging Face style repository. */
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { isPortableName } from '../../../common/file-name.ts';

export interface RemoteFile {
  /** With forward slashes, checked to stay below the folder it is written to. */
  readonly path: string;
  readonly bytes: number;
  /** sha256 of the content for large files; git's own object digest for small ones. */
  readonly digest: { readonly kind: 'sha256' | 'git-sha1'; readonly hex: string };
}

export interface Repository {
  /** "https://host", without a slash at the end. */
  readonly endpoint: string;
  /** "owner/name" */
  readonly name: string;
  readonly revision: string;
}

const entry = z.object({
  type: z.string(),
  path: z.string(),
  size: z.number().min(0).default(0),
  oid: z.string(),
  lfs: z.object({ oid: z.string(), size: z.number() }).nullish(),
});

/** A tree of more pages than this is no model. */
const MOST_PAGES = 100;

/** @throws AppError usage for a name or address that cannot be one */
export function repositoryOf(endpoint: string, name: string, revision: string): Repository {
  const doing = 'downloading a model';
  const parts = name.trim().split('/');
  if (!/^https?:\/\/[^/]+/.test(endpoint)) {
    throw new AppError('usage', `${endpoint} is not a web address`, { doing });
  }
  if (parts.length > 2 || !parts.every((part) => /^[\w.-]{1,96}$/.test(part) && isPortableName(part))) {
    throw new AppError('usage', `"${name}" is not the name of a repository`, {
      doing,
      hint: 'Write it as owner/name.',
    });
  }
  return {
    endpoint: endpoint.replace(/\/+$/, ''),
    name: parts.join('/'),
    revision: revision.trim() || 'main',
  };
}

export function fileUrl({ endpoint, name, revision }: Repository, path: string): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${name}/resolve/${encodeURIComponent(revision)}/${encoded}`;
}

/** Every file of the repository. @param get fetches a page, with its own patience for bad networks */
export async function listFiles(
  repository: Repository,
  get: (url: string) => Promise<Response>,
): Promise<RemoteFile[]> {
  const { endpoint, name, revision } = repository;
  const files: RemoteFile[] = [];
  let url: string | null =
    `${endpoint}/api/models/${name}/tree/${encodeURIComponent(revision)}?recursive=true`;
  for (let page = 0; url !== null && page < MOST_PAGES; page += 1) {
    const response: Response = await get(url);
    const list = z.array(entry).safeParse(await response.json().catch(() => null));
    if (!list.success) throw strange('the server does not answer like a model repository');
    for (const { type, path, size, oid, lfs } of list.data) {
      if (type !== 'file') continue;
      if (!isSafe(path)) throw strange(`the repository holds a file with the name "${path}"`);
      files.push({
        path,
        bytes: lfs?.size ?? size,
        digest: lfs
          ? { kind: 'sha256', hex: lfs.oid.replace(/^sha256:/, '') }
          : { kind: 'git-sha1', hex: oid },
      });
    }
    url = nextPage(response.headers.get('link'), url);
  }
  return files;
}

const about = z.looseObject({
  cardData: z
    .looseObject({ license: z.unknown().optional(), license_name: z.unknown().optional() })
    .nullish(),
  tags: z.array(z.string()).nullish(),
});

/** As the repository's page says it; null where it says nothing. */
export async function licenceOf(
  { endpoint, name, revision }: Repository,
  get: (url: string) => Promise<Response>,
): Promise<string | null> {
  const url = `${endpoint}/api/models/${name}/revision/${encodeURIComponent(revision)}`;
  const answer = about.safeParse(await (await get(url)).json().catch(() => null)).data;
  const { license, license_name: own } = answer?.cardData ?? {};
  const tag = answer?.tags?.find((one) => one.startsWith('license:'))?.slice('license:'.length);
  const said = license === 'other' && typeof own === 'string' ? own : (license ?? tag);
  return typeof said === 'string' && said !== '' ? said.slice(0, 100) : null;
}

/** `<https://…?cursor=…>; rel="next"` */
export function nextPage(link: string | null, from: string): string | null {
  const next = link && /<([^>]+)>\s*;[^,]*rel="?next"?/.exec(link)?.[1];
  return next ? new URL(next, from).href : null;
}

/** Below the folder on every platform: no absolute path, no way up, no drive, stream or device, none of our own names. */
function isSafe(path: string): boolean {
  return path.length <= 300 && !/\.incomplete$/i.test(path) && path.split('/').every(isPortableName);
}

function strange(message: string): AppError {
  return new AppError('download-failed', message, {
    doing: 'downloading a model',
    hint: 'Check the address of the server and the name of the repository.',
  });
}
