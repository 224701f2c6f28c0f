/** Every command and its keys, made from the key map itself. */
import { GROUPS } from '../actions/command.ts';
import { commands } from '../actions/registry.ts';
import { platform } from '../engine.ts';
import { useKeyMap } from './bindings.ts';
import { labelOf } from './keymap.ts';
import './keys.css';

export function KeyList() {
  const map = useKeyMap();
  const mac = platform() === 'darwin';
  return (
    <div className="key-list">
      {GROUPS.map((group) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl>
            {commands
              .filter((command) => command.group === group && (map[command.id]?.length ?? 0) > 0)
              .map((command) => (
                <div key={command.id}>
                  <dt>{command.name}</dt>
                  <dd>
                    {map[command.id]!.map((binding) => (
                      <kbd key={binding}>{labelOf(binding, mac)}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
