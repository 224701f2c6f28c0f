/** What an artist types or pastes to name a repository of models. Pure. */

export interface Repository {
  readonly endpoint: string;
  /** "owner/name" */
  readonly repository: string;
  readonly revision: string;
}

export const STANDARD_ENDPOINT = 'https://huggingface.co';

const NAME = /^[\w.-]+\/[\w.-]+$/;

/** Reads "owner/name", "owner/name@revision" or the address of a repository's page; null for anything else. */
export function parseRepository(text: string, endpoint = STANDARD_ENDPOINT): Repository | null {
  const trimmed = text.trim();
  if (/^https?:\/\//i.test(trimmed)) return fromAddress(trimmed);
  const [repository = '', revision = 'main', ...rest] = trimmed.split('@');
  return rest.length === 0 && NAME.test(repository) && revision !== ''
    ? { endpoint, repository, revision }
    : null;
}

function fromAddress(text: string): Repository | null {
  if (!URL.canParse(text)) return null;
  const { origin, pathname } = new URL(text);
  const [owner = '', name = '', tree, ...revision] = pathname
    .split('/')
    .filter(Boolean)
    .map(decodeURIComponent);
  const repository = `${owner}/${name}`;
  if (!NAME.test(repository)) return null;
  return {
    endpoint: origin,
    repository,
    revision: tree === 'tree' && revision[0] ? revision.join('/') : 'main',
  };
}
