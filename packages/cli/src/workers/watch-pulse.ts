/**
 * Calls `stuck` once when one call into a user's code in another thread takes longer than `timeoutSeconds`.
 * @returns Stops watching.
 */
export function watchPulse(memory: SharedArrayBuffer, timeoutSeconds: number, stuck: () => void): () => void {
  const counter = new Int32Array(memory);
  let entered = 0;
  let since = Date.now();
  const watch = setInterval(() => {
    const inside = Atomics.load(counter, 0) > Atomics.load(counter, 1);
    const calls = Atomics.load(counter, 0);
    if (!inside || calls !== entered) {
      entered = calls;
      since = Date.now();
    } else if (Date.now() - since > timeoutSeconds * 1000) {
      clearInterval(watch);
      stuck();
    }
  }, 50);
  return () => clearInterval(watch);
}
