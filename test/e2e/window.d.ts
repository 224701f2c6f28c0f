import type { Bridge } from '../../src/common/bridge.ts';

declare global {
  interface Window {
    retake?: Bridge;
  }
}
