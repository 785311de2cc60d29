export * from './build-program.js';
export * from './execution.js';
export * from './program.js';
export * from './simulate-step.js';
export * from './template.js';
