import type { InspectReport } from '@regatta/scenarios';
import { duration, gibibytes, number, percent, si, whole } from './format.js';
import { bar, table } from './table.js';

const zetta = (flops: number): string => `${number(flops / 1e21, 4)} ZFLOP`;

function memorySection({ memory }: InspectReport): string {
  const parts: [string, number][] = [
    ['weights', memory.weightsBytes],
    ['gradients', memory.gradientsBytes],
    ['optimizer states', memory.optimizerBytes],
    ['activations', memory.activationsBytes],
    ['buffers, NCCL, context', memory.otherBytes],
    [`peak of rank ${memory.worstRank}`, memory.peakBytes],
  ];
  const rows = parts.map(([name, bytes]) => [name, gibibytes(bytes), bar(bytes / memory.deviceBytes, 30)]);
  const verdict = memory.fits ? 'fits' : 'does not fit';
  return `${table([`memory of the fullest rank (${verdict} ${gibibytes(memory.deviceBytes)})`, 'bytes', ''], rows, [0, 2])}\n`;
}

const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);

const moments = { F: 'forward', B: 'backward', W: 'weight gradient' };

/** What every pipeline rank holds at its own peak. Neighbours that hold the same are one line. */
function stageSection({ memory: { stages } }: InspectReport): string {
  const sharded = stages.some((stage) => stage.gatheredBytes > 0);
  const lines = new Map<string, { first: number; last: number; cells: string[] }>();
  for (const stage of stages) {
    const cells = [
      stage.device,
      whole(stage.layers),
      whole(stage.inFlight),
      gib(stage.weightsBytes),
      gib(stage.gradientsBytes),
      gib(stage.optimizerBytes),
      gib(stage.activationsBytes),
      ...(sharded ? [gib(stage.gatheredBytes)] : []),
      gib(stage.temporaryBytes),
      gib(stage.fixedBytes),
      gib(stage.peakBytes),
      gib(stage.marginBytes),
      `${moments[stage.peakAt]} of micro-batch ${stage.peakMicroBatch}`,
    ];
    const key = cells.slice(0, -1).join('|');
    const known = lines.get(key);
    if (known && known.last >= stage.pipelineRank - 1) known.last = stage.pipelineRank;
    else if (known)
      lines.set(`${key}|${stage.pipelineRank}`, { first: stage.pipelineRank, last: stage.pipelineRank, cells });
    else lines.set(key, { first: stage.pipelineRank, last: stage.pipelineRank, cells });
  }
  const rows = [...lines.values()].map(({ first, last, cells }) => [
    first === last ? String(first) : `${first}-${last}`,
    ...cells,
  ]);
  const head = [
    'stage',
    'device',
    'layers',
    'in flight',
    'weights',
    'gradients',
    'optimizer',
    'activations',
    ...(sharded ? ['gathered'] : []),
    'temporary',
    'fixed',
    'peak',
    'margin',
    'peak at',
  ];
  return `GiB at the peak of each pipeline rank (in flight: micro-batches times chunks; margin to 97% of the device)\n${table(head, rows, [0, 1, head.length - 1])}\n`;
}

/** The human view of `inspect`. */
export function inspectText(report: InspectReport): string {
  const { parameters, flops, walls, pipeline } = report;
  const counts = table(
    ['parameters', 'count'],
    [
      ['total', whole(parameters.total)],
      ['active for a token', whole(parameters.active)],
      ['embedding', whole(parameters.embedding)],
      ['head', parameters.head === 0 ? 'tied' : whole(parameters.head)],
      ...(parameters.perDenseLayer > 0 ? [['dense layer', whole(parameters.perDenseLayer)]] : []),
      ...(parameters.perMoeLayer > 0 ? [['MoE layer', whole(parameters.perMoeLayer)]] : []),
      ...(parameters.multiTokenPrediction !== undefined
        ? [['multi-token prediction, beside the total', whole(parameters.multiTokenPrediction)]]
        : []),
    ],
  );
  const work = table(
    ['FLOP of one step', ''],
    [
      ['layers, forward', si(flops.forwardLayers)],
      ['  of it core attention', si(flops.forwardAttentionCore)],
      ['head, forward', si(flops.forwardHead)],
      ['model FLOP (x3)', si(flops.model)],
      ['hardware FLOP (with recomputation)', si(flops.hardware)],
      ['6 x parameters x tokens, for comparison', si(flops.sixParametersTokens)],
    ],
  );
  const groups = table(
    ['group', 'groups', 'ranks', 'stride', 'first'],
    report.groups.map((g) => [
      g.kind,
      whole(g.groups),
      whole(g.ranksPerGroup),
      whole(g.stride),
      `${g.firstRanks.join(' ')}${g.ranksPerGroup > g.firstRanks.length ? ' ...' : ''}`,
    ]),
    [0, 4],
  );
  const messages =
    report.messages.length === 0
      ? 'no messages inside a layer\n'
      : table(
          ['messages of one layer, forward', 'over', 'bytes', 'times'],
          report.messages.map((m) => [m.name, `${m.dimension} ${m.op}`, `${si(m.bytes)}B`, whole(m.timesPerLayer)]),
          [0, 1],
        );
  const order = pipeline.order.map((row, rank) => `  ${String(rank).padStart(3)}  ${row} ...\n`).join('');
  const communication = walls.communication
    .map(
      (c) =>
        `  ${whole(c.gpus).padStart(9)} GPUs  ${percent(c.share).padStart(6)}  ${bar(c.share, 30)}  step ${duration(c.stepSeconds)}\n`,
    )
    .join('');
  return [
    counts,
    '\n',
    work,
    '\n',
    memorySection(report),
    stageSection(report),
    groups,
    '\n',
    messages,
    `\npipeline ${pipeline.schedule}, ${whole(pipeline.microBatches)} micro-batches; first operations of each rank:\n${order}`,
    '\nthe three walls\n',
    `  compute        ${zetta(walls.compute.flops)} for ${si(walls.compute.tokens)} tokens: ${number(walls.compute.yearsOnOneGpuAtPeak)} years on one GPU at peak (${zetta(walls.compute.sixParametersTokens)} and ${number(walls.compute.yearsBySixParametersTokens)} years by 6 x parameters x tokens)\n`,
    `  memory         ${gibibytes(walls.memory.modelStateBytes)} of model state: ${number(walls.memory.devicesForModelState)} times one GPU's memory\n`,
    '  communication  share of GPU time that waits for messages, same batch on more GPUs:\n',
    communication,
  ].join('');
}
