/** node --import register.ts out/main/app.js: `electron` is the double here, and parentPort exists in its children. */
import { EventEmitter } from 'node:events';
import { registerHooks } from 'node:module';
import { Port } from './ports.ts';
import { CHILD_VARIABLE, type ForkMessage } from './utility-process.ts';

if (process.env[CHILD_VARIABLE]) becomeUtilityProcess();
else {
  const double = new URL('./electron.ts', import.meta.url).href;
  registerHooks({
    resolve: (name, context, next) =>
      name === 'electron' ? { url: double, shortCircuit: true } : next(name, context),
  });
}

function becomeUtilityProcess(): void {
  // What it forks itself is a plain Node process.
  delete process.env[CHILD_VARIABLE];
  process.execArgv = [];
  const ports = new Map<number, Port>();
  const parentPort = Object.assign(new EventEmitter(), {
    postMessage: (data: unknown) => tell({ kind: 'message', data, ports: [] }),
  });
  const early: object[] = [];
  const emit = (event: object) => {
    if (parentPort.listenerCount('message') === 0) early.push(event);
    else parentPort.emit('message', event);
  };
  parentPort.on('newListener', () => {
    if (early.length > 0) setImmediate(() => early.splice(0).forEach(emit));
  });
  process.on('message', (message: ForkMessage) => {
    if (message.kind === 'port') ports.get(message.port)?.postMessage(message.data);
    else if (message.kind === 'port-closed') ports.get(message.port)?.close();
    else emit({ data: message.data, ports: message.ports.map((id) => receive(id)) });
  });
  process.on('disconnect', () => process.exit(0));
  Object.assign(process, { parentPort, type: 'utility' });

  /** The end that this process holds; the other one stands for the way back. */
  function receive(id: number): Port {
    const here = new Port();
    const there = new Port();
    here.pair(there);
    there.pair(here);
    there.transfer(
      (data) => tell({ kind: 'port', port: id, data }),
      () => tell({ kind: 'port-closed', port: id }),
    );
    ports.set(id, there);
    return here;
  }

  function tell(message: ForkMessage): void {
    if (process.connected) process.send?.(message);
  }
}
