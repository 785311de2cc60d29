export { type ConfigContext, completeConfig, describeWarning } from './complete.js';
export { readTrainingConfig } from './recognise.js';
export {
  type ConfigFormat,
  type ConfigIssue,
  type ConfigWarning,
  configFormats,
  type TrainingConfig,
} from './types.js';
