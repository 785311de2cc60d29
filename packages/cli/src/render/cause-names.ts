/** Names of the causes of GPU time, the same in every command, and the colours that they have in charts. */
const causes: Readonly<Record<string, readonly [name: string, colour: string]>> = {
  ideal: ['ideal (model FLOP at peak)', '#0072b2'],
  recompute: ['recomputation', '#56b4e9'],
  optimizer: ['optimizer', '#8c6bb1'],
  kernelInefficiency: ['kernels below peak', '#9fc8e0'],
  stragglers: ['stragglers', '#aa3377'],
  hostPause: ['host pause', '#aa3377'],
  smContention: ['SM contention', '#7a8b99'],
  networkContention: ['network contention', '#7f3b08'],
  exposedTensor: ['exposed tensor-parallel', '#e69f00'],
  exposedContext: ['exposed context-parallel', '#c77700'],
  exposedExpert: ['exposed expert-parallel', '#b35806'],
  exposedPipeline: ['exposed pipeline messages', '#f4c95d'],
  exposedData: ['exposed data-parallel', '#d55e00'],
  imbalance: ['imbalance', '#cc79a7'],
  pipelineBubble: ['pipeline bubble', '#b8b8b8'],
  checkpoint: ['checkpoint', '#009e73'],
  lostWork: ['lost work', '#882255'],
  restart: ['restart', '#117733'],
  degraded: ['degraded speed', '#999933'],
  idle: ['down', '#555555'],
};

/** A cause as a person reads it. */
export const causeName = (cause: string): string => causes[cause]?.[0] ?? spaced(cause);

/** Colour of a cause in charts: lightness and hue differ, so that it is told apart without red and green. */
export const causeColour = (cause: string): string => causes[cause]?.[1] ?? '#888888';

/** `lostWork` as `lost work`. */
const spaced = (name: string): string => name.replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
