/** Scenarios by name: a job on a cluster, as it would stand in a file. */
export const catalogueScenarios: Readonly<
  Record<string, { readonly about: string; readonly scenario: Readonly<Record<string, unknown>> }>
> = {
  'llama-3.1-405b-h100': {
    about: 'Llama-3.1 405B on H100 nodes, TP 8 PP 16, as in arXiv 2407.21783 Table 4',
    scenario: {
      name: 'llama-3.1-405b-h100',
      job: {
        model: 'llama-3.1-405b',
        sequenceLength: 8192,
        globalBatch: 2048,
        microBatch: 1,
        precision: 'bf16',
        parallel: { tensor: 8, pipeline: 16, virtualStages: 1, sequenceParallel: true, zero: 1 },
        schedule: '1f1b',
        recompute: 'full',
        options: { recomputeLayers: 2 },
      },
      cluster: 'h100-rail-clos',
    },
  },
  'gpt3-175b-a100': {
    about: 'GPT-3 175B on A100 nodes, TP 8 PP 16, full recomputation, as in SC 2021 Table 2',
    scenario: {
      name: 'gpt3-175b-a100',
      job: {
        model: 'gpt3-175b',
        sequenceLength: 2048,
        globalBatch: 1536,
        microBatch: 1,
        precision: 'bf16',
        parallel: { tensor: 8, pipeline: 16, sequenceParallel: true, zero: 1 },
        schedule: '1f1b',
        recompute: 'full',
      },
      cluster: 'a100-superpod',
    },
  },
  'ernie-titan-260b-a100': {
    about: 'a 260B-parameter model on 8-GPU nodes of a three-tier Clos, 4D hybrid parallelism',
    scenario: {
      name: 'ernie-titan-260b-a100',
      job: {
        model: 'ernie-3.0-titan-260b',
        sequenceLength: 512,
        globalBatch: 2048,
        microBatch: 1,
        precision: 'bf16',
        parallel: { tensor: 8, pipeline: 16, sequenceParallel: true, zero: 1 },
        schedule: '1f1b',
        recompute: 'selective',
      },
      cluster: 'a100-134gbps-clos',
    },
  },
};
