/** Takes of the shot in hand. */
import { takesOf } from '../../common/project/edits-takes.ts';
import { useCurrentShot } from '../store/current.ts';
import { useDocument } from '../store/project.ts';

export function Takes() {
  const shot = useCurrentShot();
  const document = useDocument((whole) => whole);
  const takes = shot ? takesOf(document, shot.item.id) : [];
  if (takes.length === 0) return <p className="quiet panel-note">No takes yet</p>;
  return (
    <ul className="panel-note">
      {takes.map((take) => (
        <li key={take.id}>{take.name}</li>
      ))}
    </ul>
  );
}
