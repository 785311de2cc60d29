import type { WatchedTrial } from '@regatta/scenarios';

const microseconds = (seconds: number): number => seconds * 1e6;

/** One trial in Chrome's trace format, for chrome://tracing or Perfetto: phases on one row, what stopped the job on another. */
export function timelineTrace(name: string, gpus: number, trial: number, { phases, stops }: WatchedTrial): string {
  const process = { pid: 1 };
  const events = [
    { ...process, tid: 0, ph: 'M', name: 'process_name', args: { name: `${name}, ${gpus} GPUs, trial ${trial}` } },
    { ...process, tid: 1, ph: 'M', name: 'thread_name', args: { name: 'job' } },
    { ...process, tid: 2, ph: 'M', name: 'thread_name', args: { name: 'stops' } },
    ...phases.map(([kind, from, to]) => ({
      ...process,
      tid: 1,
      ph: 'X',
      name: kind,
      cat: 'phase',
      ts: microseconds(from),
      dur: microseconds(to - from),
    })),
    ...stops.map(({ time, why, event }) => ({
      ...process,
      tid: 2,
      ph: 'i',
      s: 't',
      name: event?.name ?? why,
      cat: why,
      ts: microseconds(time),
      args: event ? { why, firstNode: event.firstNode, nodeCount: event.nodeCount } : { why },
    })),
  ];
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: events })}\n`;
}
