/** What the window shows while no project is open. */
import { run } from '../actions/registry.ts';
import { Button } from '../ui/Button.tsx';

export function Start() {
  return (
    <div className="start">
      <h1>Retake</h1>
      <Button look="primary" onPress={() => void run('file.new')}>
        New project…
      </Button>
      <Button onPress={() => void run('file.open')}>Open project…</Button>
    </div>
  );
}
