import { InputError, parseCount } from '@regatta/scenarios';
import { simulateFlows } from '@regatta/sim-core';
import { type Arguments, type Command, flag, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { readFlowFile } from '../conduct/flow-file.js';
import { expectShortRun } from '../conduct/short-run.js';
import { flowsText } from '../render/flows-text.js';

function rowsOf(args: Arguments): number {
  const text = stringArgument(args, 'rows') ?? '40';
  if (text === 'all') return Number.POSITIVE_INFINITY;
  const rows = parseCount(text);
  if (rows !== undefined) return rows;
  const expected = 'a whole number, or all';
  throw new InputError([{ code: 'flag', path: '--rows', message: `is ${text}`, expected, received: text }]);
}

/** Of a clock that Node has ready: `performance` would be loaded. */
const seconds = (): number => Number(process.hrtime.bigint()) / 1e9;

/** `net`: finish times of flows that share links. */
export const net: Command = {
  usage: 'net <file>',
  describe: 'When flows on links finish: max-min fair sharing, from a JSON or YAML file of links and flows.',
  examples: [
    ['regatta net flows.json', 'a table of the flows, with when and how fast each ended'],
    ['regatta net flows.json --json', '{ "finish": [seconds, …], "makespan": seconds, "events": n }'],
    ['regatta net flows.yaml --rows all --out flows.txt', 'every flow, into a file'],
  ],
  options: {
    rows: { type: 'string', describe: 'flows to show: a number or all (default 40)' },
    timings: { type: 'boolean', describe: 'seconds of reading and of simulating, and peak memory, on stderr' },
  },
  async run(args, io) {
    const rows = rowsOf(args);
    expectShortRun();
    const began = seconds();
    const flowCase = await readFlowFile(stringArgument(args, 'file') ?? '', io);
    const read = seconds();
    const times = simulateFlows(flowCase);
    const done = seconds();
    if (flag(args, 'timings')) {
      const mebibytes = (process.resourceUsage().maxRSS / 1024).toFixed(1);
      io.remark(
        `timings: read ${(read - began).toFixed(4)} s, simulated ${(done - read).toFixed(4)} s, peak memory ${mebibytes} MiB`,
      );
    }
    deliver(args, io, { finish: Array.from(times.finish), makespan: times.makespan, events: times.events }, () =>
      flowsText(flowCase, times, rows),
    );
    return 0;
  },
};
