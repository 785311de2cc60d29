import { inspectStudy } from '@regatta/scenarios';
import type { Command } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { gpuCounts, scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { inspectText } from '../render/inspect-text.js';
import { memoryWarning } from '../render/memory-warning.js';

export const inspect: Command = {
  usage: 'inspect [scenario]',
  describe:
    'Shows what would run: parameters, FLOPs, memory by part, groups, messages, pipeline order, and the three walls.',
  examples: [
    ['regatta inspect gpt3-175b-a100 --gpus 1024', 'a catalogue scenario'],
    ['regatta inspect scenario.yaml --set job.parallel.tensor=4', 'a file with one field changed'],
    ['regatta inspect llama-3.1-405b-h100 --gpus 1024,4096,16384 --json', 'communication at these counts, as JSON'],
  ],
  options: { ...scenarioOptions, gpus: { type: 'string', describe: 'GPU counts, separated by commas' } },
  run(args, io) {
    const resolution = scenarioOf(args, io);
    io.progress('simulating the GPU counts of the communication wall');
    const report = inspectStudy(resolution, gpuCounts(args));
    for (const warning of resolution.warnings) io.remark(`note: ${warning}`);
    if (!report.memory.fits) io.remark(memoryWarning(report.gpus, report.memory, report.memory.remedies));
    deliver(args, io, report, () => inspectText(report));
    return 0;
  },
};
