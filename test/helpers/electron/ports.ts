/** MessageChannelMain: two ends in this process, each of which may be handed to a child process or a page. */
import { EventEmitter } from 'node:events';

let nextId = 1;

export class Port extends EventEmitter {
  readonly id = nextId++;
  #peer: Port | null = null;
  #early: unknown[] | null = [];
  #receive = (data: unknown): void => {
    if (this.#early) this.#early.push(data);
    else this.emit('message', { data, ports: [] });
  };
  #closed = false;
  #onPeerClosed = (): void => {
    this.emit('close');
  };

  pair(peer: Port): void {
    this.#peer = peer;
  }

  start(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const data of early) this.emit('message', { data, ports: [] });
  }

  /** From whoever holds this end to the other end. */
  postMessage(data: unknown): void {
    if (this.#peer) this.#peer.#receive(data);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#peer) this.#peer.#onPeerClosed();
  }

  /** Moves this end elsewhere; what was sent to it meanwhile follows. */
  transfer(receive: (data: unknown) => void, peerClosed: () => void): void {
    for (const data of this.#early ?? []) receive(data);
    this.#early = null;
    this.#receive = receive;
    this.#onPeerClosed = peerClosed;
  }
}

export class MessageChannelMain {
  readonly port1 = new Port();
  readonly port2 = new Port();

  constructor() {
    this.port1.pair(this.port2);
    this.port2.pair(this.port1);
  }
}
