import type { Registration } from '../conduct/command.js';

/** Every command, in the order in which `--help` lists them. Adding one is one line here. */
export const commands: Readonly<Record<string, Registration>> = {
  replay: {
    describe: 'simulate a training step at each GPU count; speedup, efficiency and where the rest went',
    load: async () => (await import('./replay.js')).replay,
  },
  run: {
    describe: 'a long run under failures: goodput, interruptions, lost GPU-hours by cause',
    load: async () => (await import('./run.js')).run,
  },
  compare: {
    describe: 'variants of a long run under the same luck: paired differences with intervals',
    load: async () => (await import('./compare.js')).compare,
  },
  topology: {
    describe: 'the unified view of a cluster: inventory, links, bisection, what a job occupies; imports it too',
    load: async () => (await import('./topology.js')).topology,
  },
  inspect: {
    describe: 'what would run: parameters, FLOPs, memory, groups, messages, the three walls',
    load: async () => (await import('./inspect.js')).inspect,
  },
  validate: {
    describe: 'published training runs against the model: error by source, hardware and row',
    load: async () => (await import('./validate.js')).validate,
  },
  collective: {
    describe: 'time, algbw and busbw of a collective by message size, laid out as nccl-tests does',
    load: async () => (await import('./collective.js')).collective,
  },
  net: {
    describe: 'when flows on links finish: max-min fair sharing, from a file of links and flows',
    load: async () => (await import('./net.js')).net,
  },
  cluster: {
    describe: 'many jobs on one cluster: wait, completion, utilisation, fairness by scheduling policy',
    load: async () => (await import('./cluster.js')).cluster,
  },
  check: {
    describe: 'property-tests a scheduling policy and shows the smallest world in which it fails',
    load: async () => (await import('./check.js')).check,
  },
  calibrate: {
    describe: "fit a device's constants to measured runs of your own",
    load: async () => (await import('./calibrate.js')).calibrate,
  },
  init: { describe: 'a scenario file to start from', load: async () => (await import('./init.js')).init },
  schema: {
    describe: 'the JSON Schema of the scenario file',
    load: async () => (await import('./schema.js')).schema,
  },
  catalogue: {
    describe: 'the names that exist: models, devices, clusters, scenarios',
    load: async () => (await import('./catalogue.js')).catalogue,
  },
  completion: {
    describe: 'shell completion for bash, zsh or fish',
    load: async () => (await import('./completion.js')).completionOf(commands),
  },
};
