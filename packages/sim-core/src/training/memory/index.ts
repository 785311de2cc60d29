export { layerActivationBytes } from './layer-activations.js';
export {
  allocatorBytes,
  fullestStage,
  type StageMemory,
  type StageMemoryReport,
  stageMemories,
  stageMemory,
  stepMemory,
  usableMemory,
} from './report.js';
export { modelStateBytes, type StateBytes, stateBytesOf } from './state.js';
