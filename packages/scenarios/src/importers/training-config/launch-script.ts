import { InputError } from '../../schema/input-error.js';
import { megatronScenario } from './megatron-arguments.js';
import { argumentKey } from './megatron-yaml.js';
import { type Setting, Settings } from './settings.js';
import { ShellSyntaxError } from './shell-lexer.js';
import { type ExpandedCommand, readShellScript } from './shell-script.js';
import { type Piece, textOf } from './shell-variables.js';
import type { Place, TrainingConfig } from './types.js';

/** Arguments that only a training command has. */
const telling = new Set([
  'num-layers',
  'hidden-size',
  'tensor-model-parallel-size',
  'pipeline-model-parallel-size',
  'micro-batch-size',
  'seq-length',
  'global-batch-size',
]);

interface Argument {
  readonly name: string;
  readonly values: (readonly Piece[])[];
  readonly place: Place;
}

/** Words of a command; a quoted word that holds a whole command line (`bash -c "…"`) is split. */
function flatWords(command: ExpandedCommand): Piece[][] {
  return command.words.flatMap((word) => {
    const text = textOf(word);
    if (!/\s/.test(text) || !/(^|\s)--[A-Za-z]/.test(text)) return [[...word]];
    const split: Piece[][] = [[]];
    for (const piece of word) {
      for (const run of piece.text.match(/\s+|\S+/g) ?? []) {
        if (/^\s/.test(run)) split.push([]);
        else split.at(-1)?.push({ ...piece, text: run });
      }
    }
    return split.filter((part) => part.length > 0);
  });
}

function argumentsOf(command: ExpandedCommand): Argument[] {
  const found: Argument[] = [];
  let open: Argument | undefined;
  for (const word of flatWords(command)) {
    const text = textOf(word);
    const place = word[0] ?? command;
    const [, name, value] = /^(--?[A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (name !== undefined) {
      open = { name, values: [], place };
      if (value !== undefined) {
        open.values.push(afterEquals(word));
        found.push(open);
        open = undefined;
      } else found.push(open);
    } else if (/\.py$/.test(text)) open = undefined;
    else open?.values.push(word);
  }
  return found;
}

/** The pieces after the first `=` of a word. */
function afterEquals(word: readonly Piece[]): Piece[] {
  const at = word.findIndex((piece) => piece.text.includes('='));
  const piece = word[at];
  if (!piece) return [];
  const rest = piece.text.slice(piece.text.indexOf('=') + 1);
  return [{ ...piece, text: rest }, ...word.slice(at + 1)];
}

function settingOf({ name, values, place }: Argument): Setting {
  const unset = values.flat().find((piece) => piece.unset !== undefined)?.unset;
  return {
    name,
    line: place.line,
    column: place.column,
    value: values.length === 0 ? true : values.map(textOf).join(' '),
    ...(unset === undefined ? {} : { unset }),
  };
}

/** `#SBATCH --nodes=16`, `#SBATCH -N 16` by name. */
function slurmSettings(text: string): Map<string, Setting> {
  const found = new Map<string, Setting>();
  for (const [i, line] of text.split('\n').entries()) {
    const [, option, value] = /^#SBATCH\s+(--[\w-]+|-[A-Za-z])(?:[=\s]\s*|)([^\s#]+)/.exec(line) ?? [];
    if (option === undefined || value === undefined) continue;
    const place = { line: i + 1, column: 1, name: option };
    const gpus = /^gpu(?::\w+)*?:(\d+)/.exec(value)?.[1];
    if (option === '--nodes' || option === '-N') found.set('nnodes', { ...place, value });
    if (option === '--gpus-per-node' || (option === '--gres' && gpus !== undefined))
      found.set('gpus-per-node', { ...place, value: gpus ?? value });
    if (option === '--ntasks-per-node') found.set('ntasks-per-node', { ...place, value });
  }
  return found;
}

const environmentOf = (slurm: ReadonlyMap<string, Setting>): Map<string, Piece> => {
  const names: readonly (readonly [string, string])[] = [
    ['SLURM_NNODES', 'nnodes'],
    ['SLURM_JOB_NUM_NODES', 'nnodes'],
    ['SLURM_GPUS_PER_NODE', 'gpus-per-node'],
    ['SLURM_NTASKS_PER_NODE', 'ntasks-per-node'],
  ];
  return new Map(
    names.flatMap(([name, key]): [string, Piece][] => {
      const setting = slurm.get(key);
      return setting ? [[name, { text: String(setting.value), line: setting.line, column: setting.column }]] : [];
    }),
  );
};

function failure(file: string, place: Place, message: string, expected: string): InputError {
  return new InputError([{ code: 'training-config', file, ...place, path: '', message, expected, received: '' }]);
}

/**
 * A bash script that starts Megatron-LM, or its bare arguments. Variables, arrays, defaults and arithmetic are followed in the
 * script's own text; no shell is run.
 * @throws InputError for text that is no shell script and for a script without such a command.
 */
export function readLaunchScript(source: string, file: string): TrainingConfig {
  const text = source.replaceAll('\r\n', '\n');
  const bare = /^\s*(#[^\n]*\n\s*)*--[A-Za-z]/.test(text);
  const slurm = slurmSettings(text);
  const script = expanded(bare ? joined(text) : text, file, slurm);
  const commands = script.commands.map((command) => ({ command, found: argumentsOf(command) }));
  const launch = commands.findLast(({ found }) => found.some(({ name }) => telling.has(argumentKey(name))));
  if (!launch) {
    const other = commands
      .flatMap(({ found }) => found)
      .find(({ name }) => /config[-_]file|deepspeed([-_]config)?$/.test(name));
    const hint = other ? `; it names ${textOf(other.values[0] ?? [])}: give that file` : '';
    throw failure(
      file,
      { line: 1, column: 1 },
      `no command with arguments of Megatron-LM${hint}`,
      'a command with --num-layers, --hidden-size and so on',
    );
  }
  const entries = new Map(slurm);
  entries.delete('ntasks-per-node');
  const tasks = slurm.get('ntasks-per-node');
  if (tasks && !entries.has('gpus-per-node')) entries.set('gpus-per-node', tasks);
  for (const argument of launch.found) {
    const key = argument.name === '-N' ? 'nnodes' : argumentKey(argument.name);
    if (argument.name.startsWith('--') || key === 'nnodes')
      entries.set(key === 'nodes' ? 'nnodes' : key, settingOf(argument));
  }
  const settings = new Settings(file, entries, launch.command);
  const { variables } = script;
  if (variables.ownArguments)
    settings.remarkAt(variables.ownArguments.line, '$@', 'arguments given to the script itself are not in the file');
  for (const [name, line] of variables.doubtful)
    settings.remarkAt(line, name, 'is set under a condition that the file does not decide: this assignment is taken');
  for (const word of launch.command.words) {
    const [piece] = word;
    if (
      word.length === 1 &&
      piece?.unset !== undefined &&
      piece.text.startsWith('$') &&
      !piece.text.startsWith('$(') &&
      !isValue(piece, launch.found)
    )
      settings.remarkAt(piece.line, piece.text, 'has no value in this file: arguments in it are unknown');
  }
  settings.ignore((key) => launcher.has(key));
  return megatronScenario(settings, 'script');
}

const launcher = new Set([
  'nnodes',
  'nproc-per-node',
  'num-nodes',
  'num-gpus',
  'gpus-per-node',
  'ntasks',
  'ntasks-per-node',
  'cpus-per-task',
  'container-image',
  'container-mounts',
  'container-name',
  'no-container-mount-home',
  'output',
  'error',
  'export',
  'mpi',
  'job-name',
  'account',
  'partition',
  'time',
  'unbuffered',
  'label',
  'kill-on-bad-exit',
  'gres',
  'cpu-bind',
  'jobid',
  'deepspeed',
  'worker-num',
  'bind-to',
  'map-by',
  'allow-run-as-root',
]);

const isValue = (piece: Piece, found: readonly Argument[]): boolean =>
  found.some(({ values }) => values[0]?.includes(piece) === true);

function expanded(text: string, file: string, slurm: ReadonlyMap<string, Setting>): ReturnType<typeof readShellScript> {
  try {
    return readShellScript(text, environmentOf(slurm));
  } catch (error) {
    if (error instanceof ShellSyntaxError) throw failure(file, error.place, error.message, 'a bash script');
    throw error;
  }
}

/** Bare arguments over several lines are one command; comments are blanked so that places stay true. */
function joined(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .replace(/\s*\\\s*$/, '')
        .replace(/(\s|=)(\(\[\S*\))(?=\s|$)/g, "$1'$2'"),
    )
    .join(' \\\n');
}
