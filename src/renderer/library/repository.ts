/** What an artist types or pastes to name a repository of models. Pure. */
import { STANDARD_ENDPOINT } from '../../common/suggested-models.ts';

export interface Repository {
  readonly endpoint: string;
  /** "owner/name" */
  readonly repository: string;
  readonly revision: string;
  /** One file of it; null is what it holds as a whole. */
  readonly file: string | null;
}

const NAME = /^[\w.-]+\/[\w.-]+$/;

/** Reads "owner/name", "owner/name@revision", the address of a repository's page or of a file on it; null for anything else. */
export function parseRepository(text: string, endpoint = STANDARD_ENDPOINT): Repository | null {
  const trimmed = text.trim();
  if (/^https?:\/\//i.test(trimmed)) return fromAddress(trimmed);
  const [repository = '', revision = 'main', ...rest] = trimmed.split('@');
  return rest.length === 0 && NAME.test(repository) && revision !== ''
    ? { endpoint, repository, revision, file: null }
    : null;
}

function fromAddress(text: string): Repository | null {
  if (!URL.canParse(text)) return null;
  const { origin, pathname } = new URL(text);
  const [owner = '', name = '', view, ...rest] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const repository = `${owner}/${name}`;
  if (!NAME.test(repository)) return null;
  const whole = { endpoint: origin, repository, file: null };
  if (view === 'tree' && rest[0]) return { ...whole, revision: rest.join('/') };
  if ((view !== 'blob' && view !== 'resolve') || rest.length < 2) return { ...whole, revision: 'main' };
  // A pull request's revision has slashes of its own: "refs/pr/3".
  const parts = rest[0] === 'refs' ? 3 : 1;
  return { ...whole, revision: rest.slice(0, parts).join('/'), file: rest.slice(parts).join('/') };
}
