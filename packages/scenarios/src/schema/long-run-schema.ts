import * as z from 'zod';
import { count, countOrZero, nonNegative, positive } from './numbers.js';

const level = z.enum(['gpu', 'nic', 'link', 'switch', 'node', 'rack', 'software']);
const mode = z.enum(['stop', 'slow', 'planned']);

const componentSchema = z.strictObject({
  name: z.string(),
  level,
  mtbfHours: positive,
  distribution: z.enum(['exponential', 'weibull', 'empirical']).default('exponential'),
  shape: positive.optional(),
  values: z.array(positive).optional(),
  detectSeconds: nonNegative.default(0),
  repairHours: nonNegative.default(0),
  mode: mode
    .default('stop')
    .describe('stop: the job dies; slow: a straggler, found after detectSeconds; planned: the job saves and stops'),
  slowFactor: z.number().gt(1).optional().describe('slow only: how much longer the operators of the node take'),
  capacityFactor: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe(
      'nic, link, switch: share of the links that is left; slow: until found, stop: after the restart until repaired',
    ),
  transient: z.boolean().optional().describe('slow only: it passes by itself after detectSeconds'),
});

/** `true` takes the figures of the profile. */
const switched = <T extends z.ZodType>(figures: T) => z.union([z.boolean(), figures]).default(false);
const probability = z.number().min(0).max(1);

/** A user's own incidents: met again at the same times, or rates drawn from them. */
export const incidentsSchema = z.strictObject({
  use: z
    .enum(['replay', 'exponential', 'empirical'])
    .default('replay')
    .describe('replay: at their times; else rates by component, with exponential gaps or the observed ones'),
  nodes: count.optional().describe('nodes that the log was kept of (default: the job’s)'),
  days: positive.optional().describe('time that it covers (default: to its last incident)'),
  rows: z.array(
    z.strictObject({
      seconds: nonNegative,
      component: z.string(),
      level,
      mode,
      node: z.number().int().min(-1),
      detectSeconds: nonNegative,
      repairHours: nonNegative,
      slowFactor: z.number().min(1).optional(),
      capacityFactor: z.number().min(0).lt(1).optional(),
    }),
  ),
  rejected: countOrZero.default(0).describe('rows of the file that could not be read'),
});

export const failuresSchema = z.strictObject({
  profile: z.string().default('none'),
  components: z.array(componentSchema).default([]),
  incidents: incidentsSchema.optional().describe('in a file: the path of a CSV, or { file, use, nodes, days }'),
  lemons: switched(
    z.strictObject({ fraction: probability, factor: z.number().min(1), repairHours: nonNegative.optional() }),
  ).describe('share of the nodes whose own failures come `factor` times as often'),
  correlated: switched(z.strictObject({ probability, withinSeconds: nonNegative })).describe(
    'a failure brings another of its kind on a neighbour of the rack, within about that time',
  ),
  startup: switched(z.strictObject({ probability, meanSeconds: positive })).describe(
    'a start of the job dies with this probability, after about that time',
  ),
});

const auto = z.literal('auto');

export const checkpointSchema = z.strictObject({
  kind: z.enum(['synchronous', 'asynchronous', 'in-memory']).default('synchronous'),
  intervalSeconds: z.union([positive, z.enum(['young', 'daly', 'optimal'])]).default('optimal'),
  writeSeconds: z.union([nonNegative, auto]).default('auto'),
  restoreSeconds: z.union([nonNegative, auto]).default('auto'),
  copySeconds: z
    .union([nonNegative, auto])
    .default('auto')
    .describe('asynchronous and in-memory: how long the copy to the host stalls the job'),
  replicas: z.number().int().min(1).default(2).describe('in-memory: nodes that hold the same copy, itself included'),
  persistIntervalSeconds: positive
    .default(10800)
    .describe('in-memory: how often a copy also goes to storage, for failures that take all replicas'),
});

export const recoveryNames = ['restart', 'spares', 'shrink', 'replan', 'reroute'] as const;

/** Whether a recovery policy's name is the path of a user's file. */
export const isRecoveryFile = (name: string): boolean => /\.[cm]?[jt]s$/.test(name);

export const recoverySchema = z.strictObject({
  policy: z
    .union([
      z.enum(recoveryNames),
      z
        .string()
        .regex(/\.[cm]?[jt]s$/, { error: 'a .ts or .js file', abort: true })
        .describe('a policy of your own: path of a .ts or .js file'),
    ])
    .default('restart'),
  spares: countOrZero.default(0),
  restartSeconds: nonNegative.default(300),
  failoverSeconds: nonNegative
    .default(30)
    .describe('reroute without ZeRO: how long the peers take to go on without the node'),
});

export const storageSchema = z.strictObject({
  writeBytesPerSecond: positive,
  readBytesPerSecond: positive,
  capacityBytes: positive.optional(),
  hostBytesPerNode: positive.optional().describe('host memory of a node that checkpoints may take'),
});
