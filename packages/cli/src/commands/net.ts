import { InputError, parseFlowCase } from '@regatta/scenarios';
import { simulateFlows } from '@regatta/sim-core';
import { type Command, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { duration, si, whole } from '../render/format.js';
import { table } from '../render/table.js';

export const net: Command = {
  usage: 'net <file>',
  describe: 'Finish times of flows that share links max-min fairly, in the format of the max-min reference cases.',
  examples: [
    ['regatta net flows.json', 'a table of the flows'],
    ['regatta net flows.json --json', '{ "finish": [s, ...], "makespan": s, "events": n }'],
    ['regatta net flows.yaml --out finish.json --json', 'the file may be YAML too'],
  ],
  options: {},
  run(args, io) {
    const file = stringArgument(args, 'file');
    if (file === undefined) {
      throw new InputError([
        { code: 'usage', path: 'file', message: 'is missing', expected: 'regatta net FILE', received: '' },
      ]);
    }
    const flowCase = parseFlowCase(io.readText(file), file);
    const times = simulateFlows(flowCase);
    deliver(args, io, times, () => {
      const rows = flowCase.flows.map((flow, i) => {
        const finish = times.finish[i] ?? Number.POSITIVE_INFINITY;
        const seconds = finish - flow.startSeconds;
        return [
          whole(i),
          duration(flow.startSeconds),
          `${si(flow.bytes)}B`,
          flow.links.join(' '),
          duration(finish),
          seconds > 0 ? `${si(flow.bytes / seconds)}B/s` : '-',
        ];
      });
      return `${table(['flow', 'start', 'bytes', 'links', 'finish', 'mean rate'], rows, [3])}\nmakespan ${duration(times.makespan)}, ${whole(times.events)} events\n`;
    });
    return 0;
  },
};
