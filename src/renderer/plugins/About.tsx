/** What a plugin is by its own manifest: of one that is installed, and of one that may be. */
import type { Manifest } from '../../common/plugins/manifest.ts';
import { TIERS } from '../../common/plugins/tiers.ts';
import texts from '../ui/text.module.css';
import styles from './About.module.css';
import { asked, byline, given } from './wording.ts';

export function About({ manifest }: { readonly manifest: Manifest }) {
  const { tier, summary, contributes, permissions } = manifest;
  const wants = asked(permissions);
  return (
    <>
      <p>{summary}</p>
      <p className={`${texts.quiet} ${texts.path}`}>{byline(manifest)}</p>
      <dl className={styles.facts}>
        <dt>Kind</dt>
        <dd>
          <p>{TIERS[tier].name}</p>
          <p className={tier === 'process' ? texts.warn : texts.quiet}>{TIERS[tier].note}</p>
        </dd>
        <dt>Brings</dt>
        <dd>
          <ul className={styles.list} aria-label="What it brings">
            {given(contributes).map(({ kind, label, note }) => (
              <li key={`${kind} ${label}`}>
                <p>
                  {kind}: <strong>{label}</strong>
                </p>
                {note ? <p className={texts.quiet}>{note}</p> : null}
              </li>
            ))}
          </ul>
        </dd>
        <dt>May</dt>
        <dd>
          {wants.length === 0 ? (
            <p>{tier === 'process' ? 'Asks for no files and no network.' : 'Asks for nothing.'}</p>
          ) : (
            <ul className={styles.list} aria-label="What it asks for">
              {wants.map(({ what, reason }) => (
                <li key={what}>
                  <p>{what}</p>
                  <p className={texts.quiet}>It says why: “{reason}”</p>
                </li>
              ))}
            </ul>
          )}
        </dd>
      </dl>
    </>
  );
}
