/** Settings of the shot in hand. */
import { useCurrentShot } from '../store/current.ts';

export function Inspector() {
  const shot = useCurrentShot();
  if (!shot) return <p className="quiet panel-note">Choose a shot to see its settings</p>;
  return (
    <dl className="panel-note">
      <dt className="quiet">Shot</dt>
      <dd>{shot.item.name}</dd>
      <dt className="quiet">Prompt</dt>
      <dd>{shot.item.settings.prompt || '—'}</dd>
    </dl>
  );
}
