// The arrows of the architecture: each room may import itself and the rooms listed for it, and nothing else.
const core = 'packages/sim-core/src';
const below = {
  kernel: [],
  metrics: ['kernel'],
  platform: ['kernel', 'metrics'],
  network: ['kernel', 'metrics', 'platform'],
  training: ['kernel', 'metrics', 'platform', 'network'],
  reliability: ['kernel', 'metrics', 'platform', 'network', 'training'],
  scheduling: ['kernel', 'metrics', 'platform', 'network', 'training', 'reliability'],
};
const roomRules = Object.entries(below).map(([room, allowed]) => ({
  name: `sim-core-${room}`,
  severity: 'error',
  comment: `${room} may import only itself${allowed.length ? ` and ${allowed.join(', ')}` : ''}`,
  from: { path: `^${core}/${room}/` },
  to: { path: `^${core}/`, pathNot: `^${core}/(${[room, ...allowed].join('|')})/` },
}));
module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'sim-core-imports-nothing-above',
      severity: 'error',
      from: { path: '^packages/sim-core/' },
      to: { path: '^(packages/(scenarios|cli)|@regatta/(scenarios|cli))' },
    },
    {
      name: 'sim-core-and-scenarios-are-isomorphic',
      severity: 'error',
      comment: 'the same build runs in Node, in a worker and in a browser page',
      from: { path: '^packages/(sim-core|scenarios)/src' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'scenarios-imports-nothing-above',
      severity: 'error',
      from: { path: '^packages/scenarios/' },
      to: { path: '^(packages/cli|@regatta/cli)' },
    },
    {
      name: 'fast-check-only-in-testing-kit',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^${core}/testing/` },
      to: { path: 'fast-check' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'a lazily loaded command may list its fellows: dynamic imports make no cycle at load time',
      from: { path: '^packages' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/dist/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
  },
};
