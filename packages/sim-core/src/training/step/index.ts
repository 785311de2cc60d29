export * from './build-program.js';
export * from './execution.js';
export * from './program.js';
export { type RowKind, type RowLabels, rowKinds } from './row-labels.js';
export { jitteredStepSeconds, type StepOptions } from './run-step.js';
export * from './simulate-step.js';
export { type Activity, activities } from './step-tape.js';
export * from './step-timeline.js';
export * from './template.js';
