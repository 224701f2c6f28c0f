/**
 * The engine's side of the wire: Electron's parentPort in a utility process, the IPC channel under plain Node. A parent
 * may hand over further ports; each is served like the parent itself.
 */
import type { Contract } from '../../common/contract/call.ts';
import type { Transport } from '../../common/rpc.ts';
import { trialResult } from '../trial.ts';
import { type Port, parentPort } from './parent-port.ts';
import { type Service, serve } from './serve.ts';

export interface ParentTransport extends Transport {
  onPort(handler: (port: Transport) => void): void;
}

export function parentTransport(): ParentTransport {
  const parent = parentPort();
  if (parent) {
    return {
      send: (message) => parent.postMessage(message),
      onMessage: (handler) =>
        parent.on('message', (event) => {
          // Trials of providers are answered to whoever asked; see onnx/probe.ts.
          if (event.ports.length === 0 && !trialResult.safeParse(event.data).success) handler(event.data);
        }),
      onPort: (handler) =>
        parent.on('message', (event) => {
          for (const port of event.ports) handler(portTransport(port));
        }),
      // A utility process is ended together with its parent.
      onClose: () => {},
    };
  }
  if (!process.send) throw new Error('the engine is started by Retake, not by hand');
  return {
    send: (message) => {
      // After a disconnect there is nobody left to tell; one that is only now found out must not end an orderly stop.
      if (process.connected) process.send?.(message, undefined, undefined, () => {});
    },
    onMessage: (handler) => process.on('message', handler),
    onPort: () => {},
    onClose: (handler) => process.on('disconnect', () => handler(new Error('the parent process is gone'))),
  };
}

function portTransport(port: Port): Transport {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (handler) => {
      port.on('message', (event) => handler(event.data));
      port.start();
    },
    onClose: (handler) => port.on('close', () => handler(new Error('the page is gone'))),
  };
}

/**
 * Answers the parent and every port it hands over. Returns the function that sends an event: to the ports while there
 * are any, for the parent then only minds the process.
 */
export function serveAll<C extends Contract, Event>(
  parent: ParentTransport,
  service: Service<C>,
): (event: Event) => void {
  const toParent = serve<C, Event>(parent, service);
  const toPorts = new Set<(event: Event) => void>();
  parent.onPort((port) => {
    const send = serve<C, Event>(port, service);
    toPorts.add(send);
    port.onClose(() => toPorts.delete(send));
  });
  return (event) => {
    if (toPorts.size === 0) toParent(event);
    else for (const send of toPorts) send(event);
  };
}
