import type { ApplicationLength, TraceOptions } from './job-trace.js';

/**
 * Lengths of applications for traces that have none: ours, round numbers of the right order for one V100-class GPU each, not
 * measured. `--lengths FILE` replaces them.
 */
export const defaultLengths: Readonly<Record<string, ApplicationLength>> = {
  cifar10: 1800,
  ncf: 1200,
  deepspeech2: 5400,
  bert: 14_400,
  yolov3: 28_800,
  imagenet: 86_400,
  A3C: { stepsPerSecond: 9 },
  CycleGAN: { stepsPerSecond: 2 },
  'LM (batch size 5)': { stepsPerSecond: 60 },
  'LM (batch size 10)': { stepsPerSecond: 55 },
  'LM (batch size 20)': { stepsPerSecond: 50 },
  'LM (batch size 40)': { stepsPerSecond: 40 },
  'LM (batch size 80)': { stepsPerSecond: 25 },
  'Recommendation (batch size 512)': { stepsPerSecond: 1 },
  'Recommendation (batch size 1024)': { stepsPerSecond: 1 },
  'Recommendation (batch size 2048)': { stepsPerSecond: 1 },
  'Recommendation (batch size 4096)': { stepsPerSecond: 0.8 },
  'Recommendation (batch size 8192)': { stepsPerSecond: 0.7 },
  'ResNet-18 (batch size 16)': { stepsPerSecond: 50 },
  'ResNet-18 (batch size 32)': { stepsPerSecond: 45 },
  'ResNet-18 (batch size 64)': { stepsPerSecond: 35 },
  'ResNet-18 (batch size 128)': { stepsPerSecond: 20 },
  'ResNet-18 (batch size 256)': { stepsPerSecond: 10 },
  'ResNet-50 (batch size 16)': { stepsPerSecond: 9 },
  'ResNet-50 (batch size 32)': { stepsPerSecond: 6 },
  'ResNet-50 (batch size 64)': { stepsPerSecond: 4 },
  'ResNet-50 (batch size 128)': { stepsPerSecond: 2 },
  'Transformer (batch size 16)': { stepsPerSecond: 20 },
  'Transformer (batch size 32)': { stepsPerSecond: 15 },
  'Transformer (batch size 64)': { stepsPerSecond: 10 },
  'Transformer (batch size 128)': { stepsPerSecond: 6 },
  'Transformer (batch size 256)': { stepsPerSecond: 3 },
};

/** Length of an application: the user's, else ours; `ours` says which. Undefined when nobody knows it. */
export function lengthOf(
  application: string,
  options: TraceOptions,
): { readonly length: ApplicationLength; readonly ours: boolean } | undefined {
  const given = options.lengths;
  if (given !== undefined && Object.hasOwn(given, application)) {
    const length = given[application];
    if (length !== undefined) return { length, ours: false };
  }
  const length = Object.hasOwn(defaultLengths, application) ? defaultLengths[application] : undefined;
  return length === undefined ? undefined : { length, ours: true };
}
