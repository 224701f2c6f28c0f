/** Answers what is asked of farms. */
import type { DesktopContract } from '../../../common/contract/contract.ts';
import { AppError } from '../../../common/errors.ts';
import type { Handlers } from '../serve.ts';

type FarmCall = Extract<keyof DesktopContract, `farm.${string}`>;

export function farmHandlers(): Pick<Handlers<DesktopContract>, FarmCall> {
  const unknownScheduler = (driver: string): AppError =>
    new AppError('usage', `there is no scheduler "${driver}"`, { doing: 'sending to the farm' });
  const notSent = (doing: string): AppError =>
    new AppError('usage', 'no shot was sent from here', { doing, hint: 'Send one to the farm first.' });
  return {
    'farm.drivers': async () => [],
    'farm.keep': async ({ driver }) => {
      throw unknownScheduler(driver);
    },
    'farm.pack': async () => {
      throw new AppError('usage', 'there is no scheduler to pack for', { doing: 'packing for the farm' });
    },
    'farm.submit': async ({ driver }) => {
      throw unknownScheduler(driver);
    },
    'farm.again': async ({ driver }) => {
      throw driver === undefined ? notSent('sending to the farm again') : unknownScheduler(driver);
    },
    'farm.list': async () => [],
    'farm.status': async () => {
      throw notSent('asking the farm');
    },
    'farm.cancel': async () => {
      throw notSent('cancelling at the farm');
    },
    'farm.collect': async () => {
      throw notSent('collecting from the farm');
    },
    'farm.forget': async () => null,
  };
}
