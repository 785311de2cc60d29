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
  predictionBackward,
  predictionForward,
} from '../operators/index.js';
import {
  edgeParametersOnRank,
  type LayerKind,
  lastLayerKind,
  layerKind,
  layerParametersOnRank,
  mtpParametersOnRank,
  type RankParameters,
  windowOf,
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
  const layerPart = (kind: LayerKind, recompute: Job['recompute'], window: number | undefined): StagePart => {
    const key = `${kind}/${recompute}/${window}`;
    const known = cache.get(key);
    if (known) return known;
    const part = {
      name: `${kind} layer`,
      forward: layerForward(job, device, kind, window),
      backward: layerBackward(job, device, kind, recompute, window),
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
    const holdsFirst = first || schedule.layout !== 'interleaved';
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
      const recompute = i < limit ? job.recompute : 'none';
      parts.push(layerPart(layerKind(job.model, layer), recompute, windowOf(job.model, layer)));
    }
    if (last) {
      const whole = edgeParametersOnRank(job, first, true, holdsFirst);
      const counted = first ? whole - edgeParametersOnRank(job, true, false) : whole;
      parts.push({
        name: 'head',
        forward: headForward(job, device),
        backward: headBackward(job, device),
        parameters: { dense: counted, expert: 0 },
      });
    }
    if (last && job.model.mtpLayers) parts.push(predictionPart(job, device, holdsFirst, job.model.mtpLayers));
    return parts;
  });
}

/** The multi-token prediction modules, one after the other. */
function predictionPart(job: Job, device: Device, holdsFirst: boolean, modules: number): StagePart {
  const kind = lastLayerKind(job.model);
  const window = windowOf(job.model, job.model.layers - 1);
  const times = (operators: Operator[]): Operator[] => Array.from({ length: modules }, () => operators).flat();
  return {
    name: 'multi-token prediction',
    forward: times(predictionForward(job, device, kind, window)),
    backward: times(predictionBackward(job, device, kind, job.recompute, window)),
    parameters: mtpParametersOnRank(job, holdsFirst),
  };
}
