export * from './event-queue.js';
export * from './inverse-normal.js';
export * from './process.js';
export * from './random-streams.js';
export * from './ranked-events.js';
export * from './resource.js';
export * from './sim-event.js';
export * from './simulation.js';
