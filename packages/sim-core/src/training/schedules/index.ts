export * from './dualpipe.js';
export * from './list-schedule.js';
export * from './rendezvous.js';
export * from './replay-schedule.js';
export * from './schedule.js';
export * from './schedule-order.js';
