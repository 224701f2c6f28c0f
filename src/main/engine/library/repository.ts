/** What lies in a Hugging Face style repository, and which of its files an ONNX bundle needs. */
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { isPortableName } from '../../../common/file-name.ts';
import { ROLES } from '../models/roles/registry.ts';

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

/** `<https://…?cursor=…>; rel="next"` */
export function nextPage(link: string | null, from: string): string | null {
  const next = link && /<([^>]+)>\s*;[^,]*rel="?next"?/.exec(link)?.[1];
  return next ? new URL(next, from).href : null;
}

/** Below the folder on every platform: no absolute path, no way up, no drive, stream or device, none of our own names. */
function isSafe(path: string): boolean {
  return path.length <= 300 && !/\.incomplete$/i.test(path) && path.split('/').every(isPortableName);
}

/** Folders beside those of the networks. */
const OTHER_FOLDERS = ['vae', 'tokenizer', 'tokenizer_2', 'scheduler', 'feature_extractor'];
const FOLDERS: ReadonlySet<string> = new Set([...ROLES.map(({ folder }) => folder), ...OTHER_FOLDERS]);
const OTHER_WEIGHTS = /\.(safetensors|ckpt|pt|pth|bin|msgpack|h5|gguf|tflite|xml)$/i;

/** Whether a file lies in a folder that counts, at any depth. */
function isInside(path: string): boolean {
  const [folder, ...inner] = path.split('/');
  return inner.length > 0 && FOLDERS.has(folder!);
}

/** The files to begin with. @throws AppError bundle-invalid for a repository without ONNX graphs */
export function neededFiles(files: readonly RemoteFile[]): RemoteFile[] {
  const has = (pattern: RegExp) => files.some(({ path }) => pattern.test(path));
  if (!has(/^model_index\.json$/)) {
    throw refusal(
      'it has no model_index.json, so it is no diffusers model',
      'Choose a Stable Diffusion model.',
    );
  }
  if (!has(/^unet\/[^/]+\.onnx$/)) {
    throw refusal(
      has(OTHER_WEIGHTS) ? 'it holds PyTorch weights but no ONNX graphs' : 'it holds no ONNX graphs',
      'Choose a model that was exported to ONNX.',
    );
  }
  return files.filter(
    ({ path }) => path === 'model_index.json' || (isInside(path) && !OTHER_WEIGHTS.test(path)),
  );
}

function strange(message: string): AppError {
  return new AppError('download-failed', message, {
    doing: 'downloading a model',
    hint: 'Check the address of the server and the name of the repository.',
  });
}

function refusal(message: string, hint: string): AppError {
  return new AppError('bundle-invalid', message, { doing: 'looking into the repository', hint });
}
