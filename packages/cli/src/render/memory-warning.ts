import type { MemoryRemedy, ReplayReport } from '@regatta/scenarios';
import { usableMemory } from '@regatta/sim-core';
import { gibibytes, whole } from './format.js';

type Memory = ReplayReport['points'][number]['memory'];

/** Which part is too large, by how much, and what would fit (contract: conduct). */
export function memoryWarning(gpus: number, memory: Memory, remedies: readonly MemoryRemedy[]): string {
  const usable = usableMemory * memory.deviceBytes;
  const parts: [string, number][] = [
    ['weights', memory.weightsBytes],
    ['gradients', memory.gradientsBytes],
    ['optimizer states', memory.optimizerBytes],
    ['activations', memory.activationsBytes],
    ['buffers', memory.otherBytes],
  ];
  const [name, bytes] = parts.reduce((most, part) => (part[1] > most[1] ? part : most));
  const fitting = remedies.map(({ flags, peakBytes }) => `${flags} (${gibibytes(peakBytes)})`);
  const advice = fitting.length > 0 ? `would fit: ${fitting.join('; or ')}` : 'no single change of its sizes would fit';
  return `warning: does not fit at ${whole(gpus)} GPUs: rank ${memory.worstRank} needs ${gibibytes(memory.peakBytes)} of ${gibibytes(usable)} usable, ${gibibytes(memory.peakBytes - usable)} too much; the largest part are ${name} with ${gibibytes(bytes)}; ${advice}`;
}

/** One line for each point that does not fit. */
export function memoryWarnings(report: ReplayReport, remedies: ReadonlyMap<number, readonly MemoryRemedy[]>): string[] {
  return report.points
    .filter((point) => !point.memory.fits)
    .map(({ gpus, memory }) => memoryWarning(gpus, memory, remedies.get(gpus) ?? []));
}
