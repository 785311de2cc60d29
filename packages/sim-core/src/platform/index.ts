export * from './clos-aggregates.js';
export * from './clos-shape.js';
export * from './cluster.js';
export * from './device.js';
export * from './fabric-graph.js';
export * from './flow-hash.js';
export { type LinkKind, linkKinds, type VertexKind, vertexKinds } from './graph-builder.js';
export * from './placement.js';
export * from './scale-up-domain.js';
