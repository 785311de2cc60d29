import { type ReplayRequest, type Resolution, replayStudy, replayTimeline } from '@regatta/scenarios';
import { type Arguments, type Command, flag, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import type { Io } from '../conduct/io.js';
import { gpuCounts, scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { memoryWarnings, replayText } from '../render/replay-text.js';
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
    const { report, warnings } = replayStudy(resolution, request, options, (gpus) =>
      io.progress(`simulating ${gpus} GPUs`),
    );
    for (const warning of [...resolution.warnings, ...warnings]) io.remark(`note: ${warning}`);
    for (const warning of memoryWarnings(report)) io.remark(warning);
    writeTimeline(args, io, resolution, request, options);
    deliver(args, io, report, () => replayText(report));
    return flag(args, 'require-fit') && report.points.some((point) => !point.memory.fits) ? 1 : 0;
  },
};

/** Writes --trace: the step of the largest point in time. */
function writeTimeline(
  args: Arguments,
  io: Io,
  resolution: Resolution,
  request: ReplayRequest,
  options: { readonly fold: boolean },
): void {
  const path = stringArgument(args, 'trace');
  if (path === undefined) return;
  io.progress('writing the trace');
  const { gpus, timeline } = replayTimeline(resolution, request, options);
  const { text, notes } = stepTrace(timeline, { name: `${resolution.scenario.name}, ${gpus} GPUs` });
  io.writeFile(path, text, flag(args, 'force'));
  for (const note of notes) io.remark(`note: ${note}`);
  io.remark(`wrote ${path}`);
}
