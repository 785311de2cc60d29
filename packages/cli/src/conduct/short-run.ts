import { setFlagsFromString } from 'node:v8';

/**
 * Settings of V8 for a command that is over before code gets warm: every function is compiled at its first call, hot ones
 * are optimised sooner, with less inlining and without the passes that take the compiler longest. Measured on `net`
 * (docs/performance.md): a third less time in a fresh process; long runs are better off without. To be called before the engine's
 * first function runs.
 */
export function expectShortRun(): void {
  for (const setting of [
    '--always-sparkplug',
    '--max-inlined-bytecode-size-cumulative=100',
    '--ticks-before-optimization=1',
    '--bytecode-size-allowance-per-tick=1000',
    '--semi-space-growth-factor=1',
    '--no-turbo-loop-peeling',
    '--no-turbo-splitting',
    '--no-turbo-jt',
    '--no-turbo-escape',
    '--no-turbo-store-elimination',
  ]) {
    setFlagsFromString(setting);
  }
}
