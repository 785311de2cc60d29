export type { TrainingConfig, TrainingConfigHints } from './config-keys.js';
export * from './recognise.js';
