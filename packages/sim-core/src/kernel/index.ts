export * from './event-queue.js';
export * from './inverse-normal.js';
export * from './random-streams.js';
