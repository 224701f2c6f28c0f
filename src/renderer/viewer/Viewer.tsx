/** The picture under the playhead. */
import { useUnderPlayhead } from '../store/current.ts';

export function Viewer() {
  const under = useUnderPlayhead();
  return (
    <p className="quiet panel-note">{under?.item.kind === 'shot' ? under.item.name : 'No picture here'}</p>
  );
}
