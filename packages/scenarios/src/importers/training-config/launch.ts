import { type Argument, argumentsOf, flatWords } from './command-arguments.js';
import { argumentKey } from './megatron-yaml.js';
import type { ExpandedCommand, ReadScript } from './shell-script.js';
import { type Piece, textOf } from './shell-variables.js';

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

/** A command that starts the training, or the arguments for one. */
export interface Launch {
  readonly command: ExpandedCommand;
  readonly found: readonly Argument[];
}

/** It has arguments that only a training has. */
export const tells = ({ found }: Launch): boolean => found.some(({ name }) => telling.has(argumentKey(name)));

/** A command that only shows its arguments. */
export const prints = ({ command }: Launch): boolean => /^(echo|printf|cat|log)$/.test(textOf(command.words[0] ?? []));

/** Variables that hold arguments of Megatron-LM, for a script that leaves the command to another. */
export function launchOfVariables({ variables }: ReadScript): Launch | undefined {
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
export function programOf({ command }: Launch): Piece | undefined {
  return flatWords(command)
    .map((word) => ({ ...(word[0] ?? { line: command.line, column: command.column }), text: textOf(word) }))
    .find(({ text }) => /\.py$/.test(text) && !/torch\/distributed|launch\.py$/.test(text));
}

/** What layers a program trains that are not supported, in words. */
export const otherLayers = (program: string): string | undefined =>
  otherPrograms.find(([pattern]) => pattern.test(program.split('/').at(-1) ?? ''))?.[1];
