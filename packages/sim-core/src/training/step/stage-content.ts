import type { Device } from '../../platform/device.js';
import type { Job } from '../job.js';
import {
  embeddingBackward,
  embeddingForward,
  headBackward,
  headForward,
  layerBackward,
  layerForward,
  type Operator,
} from '../operators/index.js';
import {
  edgeParametersOnRank,
  type LayerKind,
  layerKind,
  layerParametersOnRank,
  type RankParameters,
} from '../parameters.js';
import { type Schedule, stagesOf } from '../schedules/index.js';
import { stageLayersOf } from '../stage-layers.js';

/** One layer, or one edge (embedding, head), of a stage: what it computes and how many parameters it has on one rank. */
export interface StagePart {
  readonly name: string;
  readonly forward: readonly Operator[];
  readonly backward: readonly Operator[];
  readonly parameters: RankParameters;
}

/** Parts of every global stage, in forward order, for one device kind. */
export function stageContents(job: Job, device: Device, schedule: Schedule): StagePart[][] {
  const pipeline = job.parallel.pipeline;
  const stages = stagesOf(schedule.layout, pipeline, schedule.chunks);
  const perStage = stageLayersOf(job, stages);
  const cache = new Map<string, StagePart>();
  const layerPart = (kind: LayerKind, recompute: Job['recompute']): StagePart => {
    const key = `${kind}/${recompute}`;
    const known = cache.get(key);
    if (known) return known;
    const part = {
      name: `${kind} layer`,
      forward: layerForward(job, device, kind),
      backward: layerBackward(job, device, kind, recompute),
      parameters: layerParametersOnRank(job.model, kind, job.parallel),
    };
    cache.set(key, part);
    return part;
  };
  let layer = 0;
  return perStage.map((count, stage) => {
    const parts: StagePart[] = [];
    const first = stage === 0;
    const last = stage === stages - 1;
    if (first) {
      parts.push({
        name: 'embedding',
        forward: embeddingForward(job, device),
        backward: embeddingBackward(job, device),
        parameters: { dense: edgeParametersOnRank(job, true, false), expert: 0 },
      });
    }
    const limit = job.recompute === 'full' ? (job.options.recomputeLayers ?? count) : count;
    for (let i = 0; i < count; i++, layer++) {
      parts.push(layerPart(layerKind(job.model, layer), i < limit ? job.recompute : 'none'));
    }
    if (last) {
      const whole = edgeParametersOnRank(job, first, true);
      const counted = first ? whole - edgeParametersOnRank(job, true, false) : whole;
      parts.push({
        name: 'head',
        forward: headForward(job, device),
        backward: headBackward(job, device),
        parameters: { dense: counted, expert: 0 },
      });
    }
    return parts;
  });
}
