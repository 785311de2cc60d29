import { InputError } from '../../schema/input-error.js';
import { type Argument, argumentsOf, settingOf } from './command-arguments.js';
import { addDeepspeed } from './deepspeed-of-script.js';
import { type Launch, launchOfVariables, otherLayers, prints, programOf, tells } from './launch.js';
import { megatronScenario } from './megatron-arguments.js';
import { changesNoStep, quietArguments } from './megatron-flags.js';
import { argumentKey } from './megatron-yaml.js';
import { type Setting, Settings } from './settings.js';
import { ShellSyntaxError } from './shell-lexer.js';
import { type ReadScript, readShellScript } from './shell-script.js';
import { type Piece, textOf } from './shell-variables.js';
import { environmentOf, shortOptions, slurmSettings } from './slurm-settings.js';
import type { Place, TrainingConfig } from './types.js';

function failure(file: string, place: Place, message: string, expected: string): InputError {
  return new InputError([{ code: 'training-config', file, ...place, path: '', message, expected, received: '' }]);
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
