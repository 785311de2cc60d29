import {
  type ReplayReport,
  type ReplayRequest,
  type ReplayTimeline,
  replayStudy,
  replayTimeline,
} from '@regatta/scenarios';
import { type Arguments, type Command, flag, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import type { Io } from '../conduct/io.js';
import { gpuCounts, scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { memoryWarnings } from '../render/memory-warning.js';
import { replayHtml } from '../render/replay-html.js';
import { replayText } from '../render/replay-text.js';
import { stepTrace } from '../render/step-trace.js';

export const replay: Command = {
  usage: 'replay [scenario]',
  describe: 'Simulates a training step at each GPU count: speedup, linear-scaling efficiency, and where the rest went.',
  examples: [
    ['regatta replay llama-3.1-405b-h100 --gpus 1024,4096,16384', 'weak scaling of a catalogue scenario'],
    ['regatta replay scenario.yaml --gpus 1024,16384 --scaling strong', 'the same global batch on more GPUs'],
    [
      'regatta replay gpt3-175b-a100 --gpus 1024 --tp 4 --recompute selective --json',
      'flags change fields; JSON for scripts',
    ],
  ],
  options: {
    ...scenarioOptions,
    gpus: { type: 'string', describe: 'GPU counts, separated by commas' },
    scaling: {
      type: 'string',
      describe: 'weak: the batch grows with the GPUs; strong: it stays (default weak)',
      choices: ['weak', 'strong'],
    },
    baseline: { type: 'string', describe: 'GPU count to compare with (default: the smallest)' },
    draws: { type: 'string', describe: 'steps to draw where the scenario has jitter (default 10)' },
    fold: { type: 'boolean', describe: 'fold ranks that cannot be told apart (--no-fold: simulate every rank)' },
    report: { type: 'string', describe: 'write an HTML page with charts to this file' },
    trace: { type: 'string', describe: 'write the step of the largest count to this file, for Perfetto' },
    'require-fit': { type: 'boolean', describe: 'exit 1 when a point does not fit in memory' },
  },
  run(args, io) {
    const resolution = scenarioOf(args, io);
    const baseline = gpuCounts(args, 'baseline')[0];
    const draws = gpuCounts(args, 'draws')[0];
    const request: ReplayRequest = {
      gpus: gpuCounts(args),
      scaling: stringArgument(args, 'scaling') === 'strong' ? 'strong' : 'weak',
      ...(baseline === undefined ? {} : { baseline }),
      ...(draws === undefined ? {} : { draws }),
    };
    const options = { fold: args.fold !== false };
    const { report, warnings, remedies } = replayStudy(resolution, request, options, (gpus) =>
      io.progress(`simulating ${gpus} GPUs`),
    );
    const notes = [...resolution.warnings, ...warnings].map((warning) => `note: ${warning}`);
    const remarks = [...notes, ...memoryWarnings(report, remedies)];
    for (const remark of remarks) io.remark(remark);
    writeTimeline(args, io, { report, remarks }, () => replayTimeline(resolution, request, options));
    deliver(args, io, report, () => replayText(report));
    return flag(args, 'require-fit') && report.points.some((point) => !point.memory.fits) ? 1 : 0;
  },
};

/** Writes --trace and --report, which show the step of the largest point in time. */
function writeTimeline(
  args: Arguments,
  io: Io,
  { report, remarks }: { readonly report: ReplayReport; readonly remarks: readonly string[] },
  simulate: () => ReplayTimeline,
): void {
  const trace = stringArgument(args, 'trace');
  const page = stringArgument(args, 'report');
  if (trace === undefined && page === undefined) return;
  io.progress('recording the step of the largest count');
  const { gpus, timeline } = simulate();
  const files: [path: string, text: string][] = [];
  if (trace !== undefined) {
    const { text, notes } = stepTrace(timeline, { name: `${report.scenario.name}, ${gpus} GPUs` });
    for (const note of notes) io.remark(`note: ${note}`);
    files.push([trace, text]);
  }
  if (page !== undefined)
    files.push([page, replayHtml({ report, timeline, warnings: remarks, commandLine: io.commandLine })]);
  for (const [path, text] of files) {
    io.writeFile(path, text, flag(args, 'force'));
    io.remark(`wrote ${path}`);
  }
}
