import { InputError } from '../../schema/input-error.js';
import { addDeepspeed } from './deepspeed-of-script.js';
import { megatronScenario } from './megatron-arguments.js';
import { changesNoStep, quietArguments } from './megatron-flags.js';
import { argumentKey } from './megatron-yaml.js';
import { type Setting, Settings } from './settings.js';
import { ShellSyntaxError } from './shell-lexer.js';
import { type ExpandedCommand, type ReadScript, readShellScript } from './shell-script.js';
import { type Piece, textOf } from './shell-variables.js';
import { type Place, placeOf, type TrainingConfig } from './types.js';

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
    // Operators inside a quoted command line.
    if (/^(\d*|&)>|^(\||;|&&?|\|\|)$/.test(text)) {
      open = undefined;
      continue;
    }
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
    ...placeOf(place),
    value: values.length === 0 ? true : values.map(textOf).join(' '),
    ...(unset === undefined ? {} : { unset }),
  };
}

/** Short options of srun, sbatch and mpirun by the name of the long one. */
const shortOptions: Readonly<Record<string, string>> = { '-N': 'nnodes', '-n': 'ntasks', '-np': 'np', '-G': 'gpus' };

/** `#SBATCH --nodes=16`, `#SBATCH -N 16` by name. */
function slurmSettings(text: string): Map<string, Setting> {
  const found = new Map<string, Setting>();
  for (const [i, line] of text.split('\n').entries()) {
    const [, option, value] = /^#SBATCH\s+(--[\w-]+|-[A-Za-z])(?:[=\s]\s*|)([^\s#]+)/.exec(line) ?? [];
    if (option === undefined || value === undefined) continue;
    const place = { line: i + 1, column: 1, name: option };
    const ofNode = /^gpu(?::\w+)*?:(\d+)/.exec(value)?.[1];
    const key = option === '--nodes' ? 'nnodes' : (shortOptions[option] ?? option.slice(2));
    if (['nnodes', 'gpus-per-node', 'ntasks-per-node', 'ntasks', 'gpus'].includes(key))
      found.set(key, { ...place, value });
    if (option === '--gres' && ofNode !== undefined) found.set('gpus-per-node', { ...place, value: ofNode });
  }
  return found;
}

const environmentOf = (slurm: ReadonlyMap<string, Setting>): Map<string, Piece> => {
  const names: readonly (readonly [string, string])[] = [
    ['SLURM_NNODES', 'nnodes'],
    ['SLURM_JOB_NUM_NODES', 'nnodes'],
    ['SLURM_GPUS_PER_NODE', 'gpus-per-node'],
    ['SLURM_GPUS_ON_NODE', 'gpus-per-node'],
    ['SLURM_NTASKS_PER_NODE', 'ntasks-per-node'],
    ['SLURM_NTASKS', 'ntasks'],
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

/** A command that starts the training, or the arguments for one. */
interface Launch {
  readonly command: ExpandedCommand;
  readonly found: readonly Argument[];
}

const tells = ({ found }: Launch): boolean => found.some(({ name }) => telling.has(argumentKey(name)));

/** A command that only shows its arguments. */
const prints = ({ command }: Launch): boolean => /^(echo|printf|cat|log)$/.test(textOf(command.words[0] ?? []));

/** Variables that hold arguments of Megatron-LM, for a script that leaves the command to another. */
function launchOfVariables({ variables }: ReadScript): Launch | undefined {
  const parts = variables.entries().flatMap(([name, { elements, line }]) => {
    const command = { words: elements, line, column: 1 };
    const found = argumentsOf(command);
    return found.length > 0 && /(^|_)(ARG|OPT|PARAM|FLAG|CONFIG|MODEL)|args?$|options?$/i.test(name)
      ? [{ command, found }]
      : [];
  });
  const [first] = parts;
  const all = {
    command: first?.command ?? { words: [], line: 1, column: 1 },
    found: parts.flatMap(({ found }) => found),
  };
  return first && tells(all) ? all : undefined;
}

/** Programs of Megatron-LM whose models have other layers than a decoder's or BERT's. */
const otherPrograms: readonly (readonly [RegExp, string])[] = [
  [/pretrain_t5|t5/, 'an encoder with a decoder'],
  [/mamba|hybrid/, 'state-space layers'],
  [/pretrain_(ict|realm|retro)|retro/, 'retrieval'],
  [/vision|vlm|multimodal|dino|mimo/, 'images'],
];

/** The training program of a command: the last word that ends in .py before its arguments. */
function programOf({ command }: Launch): Piece | undefined {
  return flatWords(command)
    .map((word) => ({ ...(word[0] ?? { line: command.line, column: command.column }), text: textOf(word) }))
    .find(({ text }) => /\.py$/.test(text) && !/torch\/distributed|launch\.py$/.test(text));
}

/** Reads another file that a script names; undefined when there is none. */
export type ReadBeside = (path: string) => string | undefined;

/** Reads files from the folder of a script on, else as they are named. */
function besideOf(file: string, read: ReadBeside): ReadBeside {
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  return (path) => read(folder + path) ?? (folder === '' ? undefined : read(path));
}

/**
 * A bash script that starts Megatron-LM or Megatron-DeepSpeed, or its bare arguments. Variables, arrays, defaults and arithmetic are
 * followed in the script's own text; no shell is run.
 * @param read Reads a DeepSpeed configuration that the script names.
 * @throws InputError for text that is no shell script, for a script without such a command, and for models of other layers, by name.
 */
export function readLaunchScript(source: string, file: string, read: ReadBeside = () => undefined): TrainingConfig {
  const text = source.replaceAll('\r\n', '\n');
  const bare = /^\s*(#[^\n]*\n\s*)*--[A-Za-z]/.test(text);
  const slurm = slurmSettings(text);
  const beside = besideOf(file, read);
  const script = expanded(bare ? joined(text) : text, file, slurm, beside);
  const commands = script.commands.map((command): Launch => ({ command, found: argumentsOf(command) }));
  const other = commands.map((one) => programOf(one)).find((one) => one && otherLayers(one.text) !== undefined);
  const launches = commands.filter((one) => tells(one) && !prints(one));
  const launch = launches.at(-1) ?? launchOfVariables(script);
  if (other && (!launch || otherLayers(programOf(launch)?.text ?? '') !== undefined))
    throw failure(
      file,
      other,
      `${other.text.split('/').at(-1)} trains a model with ${otherLayers(other.text)}, which is not supported`,
      'a decoder, or an encoder such as BERT',
    );
  if (!launch) throw withoutCommand(commands, file);
  const settings = new Settings(file, entriesOf(launch, slurm), launch.command, {
    tool: 'Megatron-LM',
    spell: (key) => `--${key}`,
    others: quietArguments,
  });
  if (launches.length > 1)
    settings.remarkAt(
      launch.command.line,
      'commands',
      `the script starts ${launches.length} trainings: the last is read`,
    );
  else if (launches.length === 0)
    settings.remarkAt(launch.command.line, 'arguments', 'no command starts a training: those in variables are read');
  readNamedDeepspeed(settings, script, file, beside);
  remarkVariables(settings, script, launch);
  return megatronScenario(settings, 'script', programOf(launch)?.text ?? '');
}

const otherLayers = (program: string): string | undefined =>
  otherPrograms.find(([pattern]) => pattern.test(program.split('/').at(-1) ?? ''))?.[1];

function withoutCommand(commands: readonly Launch[], file: string): InputError {
  const other = commands
    .flatMap(({ found }) => found)
    .find(({ name }) => /config[-_]file|deepspeed([-_]config)?$/.test(name));
  const hint = other ? `; it names ${textOf(other.values[0] ?? [])}: give that file` : '';
  return failure(
    file,
    { line: 1, column: 1 },
    `no command with arguments of Megatron-LM${hint}`,
    'a command with --num-layers, --hidden-size and so on',
  );
}

/** What a launch says, over what the batch system is told. */
function entriesOf(launch: Launch, slurm: ReadonlyMap<string, Setting>): Map<string, Setting> {
  const entries = new Map(slurm);
  for (const argument of launch.found) {
    const short = shortOptions[argument.name];
    const key = short ?? argumentKey(argument.name);
    if (argument.name.startsWith('--') || short !== undefined)
      entries.set(key === 'nodes' ? 'nnodes' : key, settingOf(argument));
  }
  return entries;
}

/** The DeepSpeed configuration that the arguments name: written by the script itself, or a file beside it. */
function readNamedDeepspeed(settings: Settings, script: ReadScript, file: string, read: ReadBeside): void {
  const key = ['deepspeed-config', 'deepspeed'].find((name) => typeof settings.entries.get(name)?.value === 'string');
  const setting = key === undefined ? undefined : settings.find(key);
  if (!setting) return;
  const path = String(setting.value);
  const own = script.written.findLast(({ name }) => name === path || name.split('/').at(-1) === path.split('/').at(-1));
  const beside = own ? undefined : read(path);
  const config = own
    ? { file, text: own.text, line: own.line }
    : beside === undefined
      ? undefined
      : { file: path, text: beside, line: 1 };
  const entries = new Map(settings.entries);
  const contradictions = config && addDeepspeed(config, entries);
  if (!contradictions) {
    settings.warn(
      key ?? '',
      'cannot be read: its ZeRO stage, batch and precision are unknown here; --zero sets the stage',
      'job.parallel.zero',
    );
    return;
  }
  for (const [name, added] of entries) settings.add(name, added);
  for (const { setting: wrong, message } of contradictions)
    settings.issue(wrong, message, 'the same in both', 'job.globalBatch');
}

function remarkVariables(settings: Settings, { variables }: ReadScript, launch: Launch): void {
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
}

/** A value of an argument; of those that a step does not depend on, any of several. */
const isValue = (piece: Piece, found: readonly Argument[]): boolean =>
  found.some(
    ({ name, values }) =>
      values[0]?.includes(piece) === true ||
      (changesNoStep(argumentKey(name)) && values.some((value) => value.includes(piece))),
  );

function expanded(
  text: string,
  file: string,
  slurm: ReadonlyMap<string, Setting>,
  read: ReadBeside,
): ReturnType<typeof readShellScript> {
  try {
    return readShellScript(text, environmentOf(slurm), (path) => read(path)?.replaceAll('\r\n', '\n'));
  } catch (error) {
    if (error instanceof ShellSyntaxError)
      throw failure(error.place.file ?? file, error.place, error.message, 'a bash script');
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
