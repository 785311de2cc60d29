import type { ScoredRow } from './score.js';

/** Mean errors of a set of rows. */
export interface ErrorSummary {
  readonly name: string;
  readonly rows: number;
  /** Mean of |predicted - measured| / measured. */
  readonly meanAbsoluteError: number;
  /** Mean of predicted / measured - 1. */
  readonly bias: number;
  readonly worst: { readonly id: string; readonly error: number };
}

/** A kind of rows that is held to a bound: sources are averaged first, so that long tables do not swamp short ones. */
export interface BoundedGroup {
  readonly name: string;
  readonly bound: number;
  readonly sources: readonly ErrorSummary[];
  readonly meanAbsoluteError: number;
  readonly within: boolean;
}

export function summarise(name: string, rows: readonly ScoredRow[]): ErrorSummary {
  const counted = rows.filter((row) => !row.uncertain);
  const mean = (pick: (row: ScoredRow) => number): number =>
    counted.length === 0 ? 0 : counted.reduce((sum, row) => sum + pick(row), 0) / counted.length;
  const worst = counted.reduce<ScoredRow | undefined>(
    (most, row) => (most && most.error >= row.error ? most : row),
    undefined,
  );
  return {
    name,
    rows: counted.length,
    meanAbsoluteError: mean((row) => row.error),
    bias: mean((row) => row.signedError),
    worst: { id: worst?.id ?? '', error: worst?.error ?? 0 },
  };
}

/** Rows by the value of a field, summarised; most rows first. */
export function summariseBy(rows: readonly ScoredRow[], field: (row: ScoredRow) => string): ErrorSummary[] {
  const groups = new Map<string, ScoredRow[]>();
  for (const row of rows) groups.set(field(row), [...(groups.get(field(row)) ?? []), row]);
  return [...groups]
    .map(([name, members]) => summarise(name, members))
    .sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1));
}

interface GroupRule {
  readonly name: string;
  readonly bound: number;
  /** Sub-source of a row in this group; undefined = not in it. */
  source(row: ScoredRow): string | undefined;
}

const sixteenBit = (row: ScoredRow): boolean => row.precision === 'bf16' || row.precision === 'fp16';

const rules: readonly GroupRule[] = [
  {
    name: 'dense 16-bit, TP x PP x DP known',
    bound: 0.05,
    source: (row) => {
      if (!sixteenBit(row)) return undefined;
      if (row.source === 'megatron-lm') return /SC21 Table 1/.test(row.section) ? 'SC 2021 Table 1' : undefined;
      if (row.source === 'vtrain-ground-truth') return row.section === 'multi-node' ? 'vTrain multi-node' : undefined;
      if (row.source === 'korthikanti-2022') return 'Korthikanti 2022';
      if (row.source === 'megascale') return "MegaScale's Megatron-LM";
      return row.source === 'llama3-405b' ? 'Llama 3' : undefined;
    },
  },
  {
    name: 'MLPerf GPT-3 and Llama 405B, fp8',
    bound: 0.08,
    source: (row) =>
      row.source === 'mlperf-training' && row.precision === 'fp8' && /GPT-3|405B/.test(row.model)
        ? 'MLPerf'
        : undefined,
  },
  {
    name: 'FSDP / ZeRO-3',
    bound: 0.1,
    source: (row) => {
      if (row.source === 'mosaicml-llm-foundry') return row.gpus >= 64 ? 'MosaicML, 64 and more GPUs' : undefined;
      return row.source === 'torchtitan' ? 'TorchTitan' : undefined;
    },
  },
  {
    name: 'MoE and Blackwell, NeMo / Megatron-Bridge',
    bound: 0.15,
    source: (row) =>
      row.source === 'nvidia-nemo-performance' && (row.experts || /b200|b300/.test(row.hardware))
        ? 'NeMo / Megatron-Bridge'
        : undefined,
  },
];

/** The groups that the model is held to, with their errors. A group without rows is left out. */
export function boundedGroups(rows: readonly ScoredRow[]): BoundedGroup[] {
  return rules.flatMap((rule) => {
    const members = rows.filter((row) => rule.source(row) !== undefined);
    if (members.length === 0) return [];
    const sources = summariseBy(members, (row) => rule.source(row) ?? '');
    const meanAbsoluteError = sources.reduce((sum, source) => sum + source.meanAbsoluteError, 0) / sources.length;
    return [
      { name: rule.name, bound: rule.bound, sources, meanAbsoluteError, within: meanAbsoluteError <= rule.bound },
    ];
  });
}

/** Efficiency of a larger run against a smaller one, measured and predicted, in tokens/s per GPU (reference/published README). */
export interface ScalingPair {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly measured: number;
  readonly predicted: number;
}

interface PairRule {
  readonly name: string;
  readonly member: (row: ScoredRow) => boolean;
}

const pairRules: readonly PairRule[] = [
  {
    name: 'H100 177B, Megatron-Core',
    member: (row) => row.source === 'megatron-lm' && /strong scaling 177B/.test(row.section),
  },
  {
    name: "MegaScale's Megatron-LM 175B",
    member: (row) => row.source === 'megascale' && row.gpus !== 256 && row.gpus !== 3072,
  },
  {
    name: 'MLPerf GPT-3',
    member: (row) =>
      row.source === 'mlperf-training' && /GPT-3/.test(row.model) && (row.gpus === 512 || row.gpus >= 4096),
  },
];

/** Every larger run of a table against its smallest. */
export function scalingPairs(rows: readonly ScoredRow[]): ScalingPair[] {
  return pairRules.flatMap(({ name, member }) => {
    const members = rows.filter((row) => member(row)).sort((a, b) => a.gpus - b.gpus);
    const first = members[0];
    if (!first) return [];
    const rate = (row: ScoredRow, seconds: number): number => row.tokensPerStep / seconds / row.gpus;
    return members
      .filter((row) => row.gpus > first.gpus)
      .map((row) => ({
        name,
        from: `${first.id} (${first.gpus})`,
        to: `${row.id} (${row.gpus})`,
        measured: rate(row, row.measuredStepSeconds) / rate(first, first.measuredStepSeconds),
        predicted: rate(row, row.predictedStepSeconds) / rate(first, first.predictedStepSeconds),
      }));
  });
}
