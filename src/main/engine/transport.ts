/** The engine's side of the wire: Electron's parentPort in a utility process, the IPC channel under plain Node. */
import type { Transport } from '../../common/rpc.ts';

interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', handler: (event: { data: unknown }) => void): void;
}

export function parentTransport(): Transport {
  const port = (process as NodeJS.Process & { parentPort?: ParentPort }).parentPort;
  if (port) {
    return {
      send: (message) => port.postMessage(message),
      onMessage: (handler) => port.on('message', (event) => handler(event.data)),
      // A utility process is ended together with its parent.
      onClose: () => {},
    };
  }
  if (!process.send) throw new Error('the engine is started by Retake, not by hand');
  return {
    send: (message) => {
      // After a disconnect there is nobody left to tell.
      if (process.connected) process.send?.(message);
    },
    onMessage: (handler) => process.on('message', handler),
    onClose: (handler) => process.on('disconnect', () => handler(new Error('the parent process is gone'))),
  };
}
